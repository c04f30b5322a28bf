"""Models of services, narrowed: what is called is as it was, and of answers there is what is read."""

from __future__ import annotations

from typing import Required, TypedDict

from stackward.providers.ec2 import narrowing

MODEL = {
    "metadata": {"serviceId": "Zoo"},
    "documentation": "long",
    "operations": {
        "DescribeAnimals": {
            "input": {"shape": "Question"},
            "output": {"shape": "Animals"},
            "errors": [{"shape": "Asleep"}],
            "documentation": "longer",
        },
        "KeepAnimal": {"name": "KeepAnimal", "input": {"shape": "Animal"}},
        "Feed": {"input": {"shape": "Food"}},
    },
    "shapes": {
        "Question": {"type": "structure", "members": {"documentation": {"shape": "Text"}}},
        "Animals": {"type": "structure", "members": {"Found": {"shape": "AnimalList"}, "Next": {"shape": "Text"}}},
        "AnimalList": {"type": "list", "member": {"shape": "Animal", "locationName": "item"}},
        "Animal": {
            "type": "structure",
            "members": {
                "Name": {"shape": "Text", "documentation": "what it is called"},
                "Mother": {"shape": "Animal"},
                "Traits": {"shape": "Traits"},
            },
        },
        "Traits": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Number"}},
        "Asleep": {"type": "structure", "members": {}, "exception": True},
        "Text": {"type": "string", "documentation": "letters"},
        "Number": {"type": "integer"},
        "Food": {"type": "structure", "members": {}},
    },
}


class Animal(TypedDict, total=False):
    Name: Required[str]


class Animals(TypedDict):
    Found: list[Animal]


def test_an_outline_has_the_members_of_types_within_types():
    assert narrowing.outline(Animals) == {"Found": {"Name": {}}}


def test_other_operations_and_what_only_they_use_are_left_out():
    found = narrowing.narrowed(MODEL, ["DescribeAnimals", "NoSuchOperation"], {})
    assert set(found["operations"]) == {"DescribeAnimals"}
    assert set(MODEL["shapes"]) - set(found["shapes"]) == {"Food"}


def test_texts_for_people_are_left_out_and_members_of_that_name_stay():
    found = narrowing.narrowed(MODEL, ["DescribeAnimals"], {})
    assert set(found) == {"metadata", "operations", "shapes"}
    assert "documentation" not in found["operations"]["DescribeAnimals"]
    assert found["shapes"]["Text"] == {"type": "string"}
    assert found["shapes"]["Question"] == MODEL["shapes"]["Question"]


def test_of_an_answer_there_is_what_is_read_and_what_is_asked_stays_whole():
    read = {"DescribeAnimals": narrowing.outline(Animals)}
    found = narrowing.narrowed(MODEL, ["DescribeAnimals", "KeepAnimal"], read)
    shapes = found["shapes"]
    answer = shapes[found["operations"]["DescribeAnimals"]["output"]["shape"]]
    assert set(answer["members"]) == {"Found"}
    animals = shapes[answer["members"]["Found"]["shape"]]
    assert animals["member"]["locationName"] == "item"
    assert shapes[animals["member"]["shape"]]["members"] == {"Name": {"shape": "Text"}}
    assert set(shapes[found["operations"]["KeepAnimal"]["input"]["shape"]]["members"]) == {"Name", "Mother", "Traits"}


def test_the_whole_model_is_left_as_it_was():
    before = repr(MODEL)
    narrowing.narrowed(MODEL, ["DescribeAnimals"], {"DescribeAnimals": narrowing.outline(Animals)})
    assert repr(MODEL) == before
