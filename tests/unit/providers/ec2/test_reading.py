"""The parser of answers that are read in one pass, held to the one of botocore."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError, create_parser

from stackward.providers.ec2 import models, narrowing, reading

NAMESPACE = ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
TAGGED = "<tagSet><item><key>Name</key><value>web1</value></item><item><key>empty</key><value/></item></tagSet>"
ANSWERS = {
    "as AWS writes it": f"""<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse{NAMESPACE}>
    <requestId>of-aws</requestId>
    <reservationSet>
        <item>
            <ownerId>123456789012</ownerId>
            <instancesSet>
                <item>
                    <instanceId>i-1</instanceId>
                    <instanceState>
                        <code>16</code>
                        <name>running</name>
                    </instanceState>
                    {TAGGED}
                    <groupSet/>
                    <unheardOf><name>stopped</name></unheardOf>
                    <placement><availabilityZone>eu-test-1a</availabilityZone><tenancy>default</tenancy></placement>
                </item>
                <item><instanceId>ü &amp; i-2</instanceId><clientToken></clientToken></item>
            </instancesSet>
        </item>
        <item><instancesSet/></item>
    </reservationSet>
    <nextToken>more</nextToken>
</DescribeInstancesResponse>
""",
    "without a namespace": f"<Answer><reservationSet><item><instancesSet><item>{TAGGED}</item></instancesSet></item>"
    "</reservationSet></Answer>",
    "nothing found": f"<DescribeInstancesResponse{NAMESPACE}><requestId>of-aws</requestId><reservationSet/>"
    "</DescribeInstancesResponse>",
    "nothing said": "<DescribeInstancesResponse/>",
}
REFUSED = (
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Later</Message></Error></Errors></Response>"
)


@pytest.fixture(scope="module")
def shape():
    whole = Loader().load_service_model("ec2", "service-2")
    read = {"DescribeInstances": narrowing.outline(models.Described)}
    narrow = ServiceModel(narrowing.narrowed(whole, ["DescribeInstances", "DescribeAddresses"], read))
    return lambda operation: narrow.operation_model(operation).output_shape


@pytest.fixture
def parser():
    return reading.Parsers().create_parser("ec2")


def answer(text, status=200):
    return {"status_code": status, "headers": {"Content-Type": "text/xml", "X-More": "1"}, "body": text.encode()}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_what_the_parser_of_botocore_makes_of_it(parser, shape, text):
    outline = shape("DescribeInstances")
    assert parser.parse(answer(text), outline) == create_parser("ec2").parse(answer(text), outline)


def test_it_is_read_without_the_parser_of_botocore(parser, shape, monkeypatch):
    monkeypatch.setattr(parser, "_own", None)
    found = parser.parse(answer(ANSWERS["as AWS writes it"]), shape("DescribeInstances"))
    assert [item["InstanceId"] for item in found["Reservations"][0]["Instances"]] == ["i-1", "ü & i-2"]


@pytest.mark.parametrize("status", [400, 503])
def test_an_error_is_left_to_the_parser_of_botocore(parser, shape, status):
    error = parser.parse(answer(REFUSED, status), shape("DescribeInstances"))["Error"]
    assert error == {"Code": "RequestLimitExceeded", "Message": "Later"}


def test_an_answer_that_is_cut_off_is_refused(parser, shape):
    with pytest.raises(ResponseParserError, match="invalid XML"):
        parser.parse(answer(ANSWERS["as AWS writes it"][:400]), shape("DescribeInstances"))


def test_an_answer_that_is_read_whole_is_left_to_the_parser_of_botocore(parser, shape):
    text = "<Answer><addressesSet><item><publicIp>192.0.2.7</publicIp></item></addressesSet></Answer>"
    found = parser.parse(answer(text), shape("DescribeAddresses"))
    assert found["Addresses"] == [{"PublicIp": "192.0.2.7"}]


def test_every_member_that_is_read_is_text(shape):
    for operation in models._READ:
        assert reading.reader(shape(operation), "")


def test_other_protocols_keep_the_parser_of_botocore():
    assert type(reading.Parsers().create_parser("json")) is type(create_parser("json"))
