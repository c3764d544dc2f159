"""What the outbox may rely on, whichever channel it holds."""

import pytest

from bot.channels.base import DeliveryState, Sent, Unfound
from bot.errors import ChannelDown, OutcomeUnknown, Unreachable


async def test_what_is_sent_arrives_once_as_it_was_written(bench):
    sent = await bench.channel.send(bench.message)
    assert isinstance(sent, Sent)
    assert sent.state in {DeliveryState.QUEUED, DeliveryState.SENT}
    [seen] = bench.arrived()
    words = [bench.message.text] if bench.message.template is None else bench.message.template.fields.values()
    assert all(word in seen for word in words)


async def test_a_hopeless_address_is_unreachable_for_good_and_nothing_arrives(bench):
    bench.refuse()
    with pytest.raises(Unreachable) as caught:
        await bench.channel.send(bench.hopeless)
    assert caught.value.switch
    assert bench.arrived() == []


async def test_a_busy_platform_passes_and_the_next_try_arrives(bench):
    bench.busy()
    with pytest.raises(ChannelDown) as caught:
        await bench.channel.send(bench.message)
    assert not caught.value.halt
    await bench.channel.send(bench.message)
    assert len(bench.arrived()) == 1


async def test_wrong_credentials_halt_the_channel(bench):
    with pytest.raises(ChannelDown) as caught:
        await bench.locked_out.send(bench.message)
    assert caught.value.halt
    assert bench.arrived() == []


async def test_a_platform_that_nobody_runs_is_down_and_surely_got_nothing(bench):
    with pytest.raises(ChannelDown) as caught:
        await bench.nowhere.send(bench.message)
    assert not caught.value.halt


async def test_after_an_answer_that_came_too_late_she_is_never_written_to_twice(bench, clock):
    began_at = clock.now()
    await bench.channel.check()  # so that only the message itself is slow
    bench.answer_too_late()
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(bench.message)
    bench.answer_in_time()
    match await bench.channel.find(bench.message, began_at):
        case Unfound.RESEND:
            await bench.channel.send(bench.message)
        case found:
            assert found is Unfound.UNKNOWABLE or isinstance(found, Sent)
    assert len(bench.arrived()) == 1


async def test_the_check_is_one_line_without_secrets(bench):
    line = await bench.channel.check()
    assert len(line.splitlines()) == 1
    assert "made-up" not in line


async def test_errors_name_the_platform_and_nobody(bench):
    bench.refuse()
    with pytest.raises(Unreachable) as caught:
        await bench.channel.send(bench.hopeless)
    told = str(caught.value)
    assert told.split(maxsplit=1)[0].rstrip(":") in {"memory", "wechat", "twilio"}
    assert bench.hopeless.to not in told
    assert caught.value.__cause__ is None


async def test_a_channel_may_be_closed_twice_and_before_it_was_used(bench):
    await bench.channel.close()
    await bench.channel.close()


async def test_a_message_is_not_written_out_in_logs(bench):
    shown = repr(bench.message)
    assert bench.message.to not in shown
    assert bench.message.text not in shown
    assert "第三次产检" not in shown
