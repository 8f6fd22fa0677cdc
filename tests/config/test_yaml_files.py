"""What is no YAML is refused with the places where it begins and where it is noticed."""

import pytest

from gamegrid.config import yaml_files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n\nc: [x, y\nd: 3\n", r"'\[' opens \(line 3, column 4\): .*\(line 4, column 2\)"),
        ("a: {x: 1\nb: 2\n", r"'\{' opens \(line 1, column 4\): .*\(line 2, column 2\)"),
        ("a: 'x\nb: 2\n", r"quotation mark opens \(line 1, column 4\): .*\(line 3, column 1\)"),
        ("a: &x 1\nb: &x 2\n", r"anchor 'x'.*\(line 1, column 4\): .*\(line 2, column 4\)"),
        ("a: @x", r"^found character '@' that cannot start any token \(line 1, column 4\)$"),
    ],
)
def test_what_is_not_closed_is_told_with_where_it_was_opened(text: str, said: str) -> None:
    with pytest.raises(yaml_files.UnfitYaml, match=said) as refusal:
        yaml_files.parse(text)
    assert "flow" not in str(refusal.value)
