"""The channels that the settings ask for."""

from bot.channels.base import Channel
from bot.channels.sms_twilio import TwilioChannel
from bot.channels.wechat import WeChatChannel
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_token import TokenStore
from bot.clock import Clock
from bot.settings import Settings
from models.values import ChannelKind


def configured(settings: Settings, clock: Clock, tokens: TokenStore | None = None) -> dict[ChannelKind, Channel]:
    """Nothing is connected to yet. `tokens` is where processes share WeChat's access token.

    Settings are complete: `need_for_channels` has been asked.
    """
    channels: dict[ChannelKind, Channel] = {}
    if settings.wechat_app_id and settings.wechat_app_secret:
        api = WeChatApi(
            app_id=settings.wechat_app_id,
            app_secret=settings.wechat_app_secret,
            clock=clock,
            api_url=settings.wechat_api_url,
            tokens=tokens,
        )
        channels[ChannelKind.WECHAT] = WeChatChannel(api, clock)
    if settings.sms_provider == "twilio" and settings.twilio_account_sid and settings.twilio_auth_token:
        channels[ChannelKind.SMS] = TwilioChannel(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            sender=settings.twilio_from,
            messaging_service_sid=settings.twilio_messaging_service_sid,
            status_callback=f"{settings.public_url}/sms/twilio/status",
            api_url=settings.twilio_api_url,
        )
    return channels
