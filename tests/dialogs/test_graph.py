from dialogs.graph import mermaid
from dialogs.references import ways_on


def test_a_graph_has_every_step_and_every_way(house):
    visit = house.script("visit")
    drawn = mermaid(visit)
    assert drawn.startswith("flowchart TD\n  begin((begin)) --> s_mood\n")
    for name, step in visit.steps.items():
        assert f"\n  s_{name}" in drawn
        for _, target in ways_on(step):
            assert f"| s_{target}\n" in drawn
    assert '-->|"肚子很痛"| s_ambulance' in drawn
    assert '-->|"conditions is' in drawn


def test_quotes_in_a_text_do_not_break_the_drawing(house):
    assert mermaid(house.script("hello")).count('"') % 2 == 0
