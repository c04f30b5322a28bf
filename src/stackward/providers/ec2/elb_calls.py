"""The calls of the API of classic load balancers that are made."""

from __future__ import annotations

from typing import Any

from stackward.providers.ec2.connection import Connection, call


@call("describe a classic load balancer")
def describe_load_balancer(connection: Connection, name: str) -> dict[str, Any]:
    """One classic load balancer by its name, with its members."""
    found = connection.client("elb").describe_load_balancers(LoadBalancerNames=[name])
    return dict(found["LoadBalancerDescriptions"][0])


@call("describe the members of a classic load balancer")
def describe_instance_health(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Every member of a classic load balancer, with its state."""
    return list(connection.client("elb").describe_instance_health(LoadBalancerName=name)["InstanceStates"])


@call("register an instance with a classic load balancer")
def register_instances(connection: Connection, name: str, instance: str) -> None:
    """Register an instance; one that is registered stays so."""
    ask = connection.client("elb").register_instances_with_load_balancer
    ask(LoadBalancerName=name, Instances=[{"InstanceId": instance}])


@call("deregister an instance from a classic load balancer")
def deregister_instances(connection: Connection, name: str, instance: str) -> None:
    """Begin to drain an instance; its member entry is gone once it is drained."""
    ask = connection.client("elb").deregister_instances_from_load_balancer
    ask(LoadBalancerName=name, Instances=[{"InstanceId": instance}])
