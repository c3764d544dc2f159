"""Playing a script as a nurse or an author does."""

from dialogs.play import Play, Taken, Transcript, cast


class TestAPlay:
    def test_gives_the_lines_of_a_conversation(self, house):
        play = Play(house, cast("name=小林 week=32"))
        assert play.begin("how_now") == ["机器人: 到医院了吗？\n        1 到了\n        2 没到"]
        assert play.hear("到了") == ["机器人: 好。", "（结束）"]

    def test_knows_which_choices_were_taken(self, house):
        play = Play(house, cast(""))
        play.begin("how_now")
        play.hear("没到")
        assert play.taken == {Taken("how_now", "there", 1)}

    def test_says_what_happens_beside_the_talk(self, house):
        play = Play(house, cast("confirmed=false"))
        play.begin("hello")
        typed = ("英文", "小林", "13900000001", "2027-01-18", "13900000002", "ok", "yesterday")
        lines = [line for text in typed for line in play.hear(text)]
        assert "  语言 en" in lines
        assert "  登记 name=小林 phone=+8613900000001 due_date=2027-01-18" in lines
        assert "  记下监护人 phone=+8613900000002" in lines
        assert "  同意 service" in lines
        assert "  结局 live_birth 2026-11-22" in lines
        assert "  稍后 how_now 3d" in lines
        assert play.snapshot.language == "en"
        assert play.snapshot.consents == {"service"}

    def test_remembers_that_she_opted_out(self, house):
        play = Play(house, cast(""))
        assert play.hear("退订")[0] == "  退订"
        assert play.hear("电话") == ["  升级 soon：已退订的孕产妇发来消息，请查看"]
        assert play.hear("恢复")[0] == "  恢复"
        assert not play.snapshot.opted_out

    def test_takes_pictures_menus_and_silence(self, house):
        play = Play(house, cast(""))
        assert "  升级 soon：" in play.hear("（图片）")[1]
        assert play.hear("（菜单 numbers）") == ["机器人: 请打120。", "（结束）"]
        play.begin("hello")
        assert play.hear("（等待超时）") == ["（结束 unanswered）"]

    def test_tells_a_second_miss_from_a_first(self, house):
        play = Play(house, cast(""))
        assert play.hear("苹果什么颜色") != play.hear("苹果什么颜色")


def test_a_transcript_played_twice_comes_out_the_same(house):
    head = "# 回访\nname=小林\n\n孕妇: 没到\n"
    once, _ = Transcript.read(house, head).play(house, "how_now")
    twice, _ = Transcript.read(house, once).play(house, "how_now")
    assert once == twice
    assert once.splitlines()[3].startswith("机器人: 到医院了吗？")
