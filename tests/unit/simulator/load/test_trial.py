import pytest

from stackward.definition.load_scaling import DEFAULT, Target
from stackward.definition.loader import load_text
from stackward.definition.model import InstanceType
from stackward.simulator.load.demand import DAY, made_up
from stackward.simulator.load.machines import Habits
from stackward.simulator.load.trial import Candidate, TrialError, compared, hpa_target, policy_of, scaled_layer, setting
from tests.layers_under_load import policy, targeted

FILE = """\
plugin: stackward.ops.stack
name: busy
provider: {type: container}
layers:
  web: {scaling: {load: {up: {cpu: 70, memory: 80}, min: 2}}}
  jobs: {scaling: {load: {target: {load: 0.7}}}}
  db: {}
instances:
  web1: {layers: [web]}
  "web[2:6]": {layers: [web], type: load}
  web7: {layers: [web], type: time, schedule: {daily: "08:00-20:00"}}
  "jobs[1:4]": {layers: [jobs], type: load}
  db1: {layers: [db]}
"""


@pytest.fixture
def stack():
    return load_text(FILE, "/srv/busy.stack.yml", environment={})


def test_the_layer_to_simulate_is_named_or_the_only_one(stack):
    assert scaled_layer(stack, "jobs").name == "jobs"
    with pytest.raises(TrialError, match=r"several layers scale by load \(web, jobs\); name one with --layer"):
        scaled_layer(stack, None)
    with pytest.raises(TrialError, match=r"no layer 'db' scales by load; those that do: web, jobs"):
        scaled_layer(stack, "db")
    with pytest.raises(TrialError, match="does not scale by load"):
        policy_of(stack.layers["db"])


def test_a_file_in_which_nothing_scales_is_refused():
    text = "\n".join(line for line in FILE.splitlines() if "web" not in line and "jobs" not in line)
    with pytest.raises(TrialError, match="no layer scales by load; add scaling"):
        scaled_layer(load_text(text, "/srv/busy.stack.yml", environment={}), None)


def test_the_setting_is_that_of_the_layer_with_every_metric_that_somebody_looks_at(stack):
    layer = scaled_layer(stack, "web")
    its = setting(stack, layer, [policy_of(layer), targeted(Target({"load": 0.7}))], Habits(), 3)
    assert list(its.instances) == ["web1", "web2", "web3", "web4", "web5", "web6"]
    assert its.instances["web1"] is InstanceType.ALWAYS
    assert (its.minimum, its.maximum, its.limit, its.seed) == (2, 7, 70.0, 3)
    assert its.metrics == ("cpu", "memory", "load")
    assert setting(stack, scaled_layer(stack, "jobs"), [], Habits(), 0).limit == 80


def test_policies_and_baselines_are_tried_on_the_same_demand(stack):
    layer = scaled_layer(stack, "web")
    its = setting(stack, layer, [policy_of(layer)], Habits(), 0)
    demand = made_up("step", 6, DAY, 0)
    candidates = [Candidate("mine", policy_of(layer)), Candidate("other", targeted(Target({"cpu": 55.0}), maximum=6))]
    found = list(compared(candidates, ["opsworks", "hpa"], demand, its))
    assert [outcome.controller for outcome in found] == ["mine", "other", "opsworks", "hpa"]
    assert all(outcome.minutes == DAY and outcome.starts for outcome in found)
    assert found[1].breach_minutes < found[0].breach_minutes < found[2].breach_minutes


@pytest.mark.parametrize(
    ("scaling", "aim"),
    [
        (DEFAULT, 55.0),
        (targeted(Target({"cpu": 40.0})), 40.0),
        (targeted(Target({"load": 0.7})), 55.0),
        (policy(tolerance=0.2), 55.0),
    ],
)
def test_hpa_gets_the_target_that_stands_for_the_policy(scaling, aim):
    assert hpa_target(scaling) == aim
