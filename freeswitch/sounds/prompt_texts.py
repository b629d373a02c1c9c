"""The texts of the whole announcements; Persian and Arabic with the vowel marks that the voice needs."""

from __future__ import annotations

__all__ = ["PROMPTS"]

_FALLBACK = {
    "service-unavailable": {
        "en": "We are sorry. The telephone service is not available at the moment. Please try again later.",
        "fa": "با عرضِ پوزش، سرویسِ تلفن در حالِ حاضر در دسترس نیست. لطفاً بعداً تماس بگیرید.",
        "ar": "عُذْرًا، خِدْمَةُ الهاتِفِ غَيْرُ مُتاحَةٍ حالِيًّا. الرَّجاءُ المُحاوَلَةُ لاحِقًا.",
    },
    "not-available": {
        "en": "We are sorry. The extension you called is not available. Please try again later.",
        "fa": "با عرضِ پوزش، داخلیِ موردِ نظر در دسترس نیست. لطفاً بعداً تماس بگیرید.",
        "ar": "عُذْرًا، الرَّقْمُ الدّاخِلِيُّ المَطْلوبُ غَيْرُ مُتاح. الرَّجاءُ المُحاوَلَةُ لاحِقًا.",
    },
}

_VOICEMAIL = {
    "vm-record-message": {
        "en": "Please leave your message after the tone.",
        "fa": "لطفاً پس از شنیدنِ صدایِ بوق پیامِ خود را بگذارید.",
        "ar": "الرَّجاءُ تَرْكُ رِسالَتِكَ بَعْدَ سَماعِ الصّافِرَة.",
    },
    "vm-enter-mailbox": {
        "en": "Please enter your mailbox number.",
        "fa": "لطفاً شمارهٔ صندوقِ صوتیِ خود را وارد کنید.",
        "ar": "الرَّجاءُ إِدْخالُ رَقْمِ صُنْدوقِكَ الصَّوْتِيّ.",
    },
    "vm-enter-pin": {
        "en": "Please enter your PIN.",
        "fa": "لطفاً رمزِ خود را وارد کنید.",
        "ar": "الرَّجاءُ إِدْخالُ رَقْمِكَ السِّرِّيّ.",
    },
    "vm-wrong-pin": {
        "en": "That PIN is not correct.",
        "fa": "رمز درست نیست.",
        "ar": "الرَّقْمُ السِّرِّيُّ غَيْرُ صَحيح.",
    },
    "vm-locked": {
        "en": "This mailbox is locked after too many wrong PINs. Please try again later.",
        "fa": "این صندوق به دلیلِ ورودِ چندبارهٔ رمزِ نادرست قفل شده است. لطفاً بعداً تماس بگیرید.",
        "ar": "هٰذا الصُّنْدوقُ مُقْفَلٌ بِسَبَبِ تَكْرارِ رَقْمٍ سِرِّيٍّ خاطِئ. الرَّجاءُ المُحاوَلَةُ لاحِقًا.",
    },
    "vm-no-messages": {
        "en": "You have no messages.",
        "fa": "شما هیچ پیامی ندارید.",
        "ar": "لَيْسَ لَدَيْكَ أَيُّ رَسائِل.",
    },
    "vm-you-have": {
        "en": "You have",
        "fa": "تعدادِ پیام‌هایِ شما:",
        "ar": "لَدَيْك",
    },
    "vm-menu": {
        "en": "To listen to your messages, press 1. For your greetings, press 2. To change your PIN, press 3.",
        "fa": "برایِ شنیدنِ پیام‌ها یک، برایِ پیامِ خوشامد دو، و برایِ تغییرِ رمز سه را فشار دهید.",
        "ar": "لِلاسْتِماعِ إِلى رَسائِلِكَ اِضْغَطْ واحِد. لِتَحِيّاتِكَ اِضْغَطْ اِثْنان. لِتَغْيِيرِ الرَّقْمِ السِّرِّيِّ اِضْغَطْ ثَلاثَة.",
    },
    "vm-message-actions": {
        "en": "To repeat, press 1. To save, press 2. To delete, press 3. To forward, press 4. For the next, press 5.",
        "fa": "برایِ تکرار یک، برایِ ذخیره دو، برایِ حذف سه، برایِ ارسال به دیگری چهار، و برایِ پیامِ بعدی پنج را فشار دهید.",
        "ar": "لِلْإِعادَةِ اِضْغَطْ واحِد. لِلْحِفْظِ اِثْنان. لِلْحَذْفِ ثَلاثَة. لِلتَّحْويلِ أَرْبَعَة. لِلرِّسالَةِ التّالِيَةِ خَمْسَة.",
    },
    "vm-saved": {
        "en": "The message has been saved.",
        "fa": "پیام ذخیره شد.",
        "ar": "تَمَّ حِفْظُ الرِّسالَة.",
    },
    "vm-deleted": {
        "en": "The message has been deleted.",
        "fa": "پیام حذف شد.",
        "ar": "تَمَّ حَذْفُ الرِّسالَة.",
    },
    "vm-forward-to": {
        "en": "Enter the extension to forward the message to.",
        "fa": "داخلیِ گیرندهٔ پیام را وارد کنید.",
        "ar": "أَدْخِلِ الرَّقْمَ الدّاخِلِيَّ لِلْمُسْتَلِم.",
    },
    "vm-forwarded": {
        "en": "The message has been forwarded.",
        "fa": "پیام ارسال شد.",
        "ar": "تَمَّ تَحْويلُ الرِّسالَة.",
    },
    "vm-mailbox-full": {
        "en": "This mailbox is full.",
        "fa": "صندوقِ صوتی پر است.",
        "ar": "الصُّنْدوقُ الصَّوْتِيُّ مُمْتَلِئ.",
    },
    "vm-record-greeting": {
        "en": "Record your greeting after the tone, then press pound.",
        "fa": "پس از بوق پیامِ خوشامدِ خود را ضبط کنید و سپس مربع را فشار دهید.",
        "ar": "سَجِّلْ تَحِيَّتَكَ بَعْدَ الصّافِرَة، ثُمَّ اِضْغَطْ مُرَبَّع.",
    },
    "vm-greeting-saved": {
        "en": "Your greeting has been saved.",
        "fa": "پیامِ خوشامد ذخیره شد.",
        "ar": "تَمَّ حِفْظُ التَّحِيَّة.",
    },
    "vm-greeting-menu": {
        "en": "Your greeting: to record, press 1. To hear it, 2. To remove it, 3. For the greeting when you are busy, "
        "press 4, 5 or 6. To go back, 0.",
        "fa": "پیامِ خوشامد: ضبط یک، شنیدن دو، حذف سه. پیامِ هنگامِ اشغال: ضبط چهار، شنیدن پنج، حذف شش. بازگشت صفر.",
        "ar": "تَحِيَّتُك: لِلتَّسْجيلِ واحِد، لِلاِسْتِماعِ اِثْنان، لِلْحَذْفِ ثَلاثَة. تَحِيَّةُ الاِنْشِغال: أَرْبَعَة، خَمْسَة، سِتَّة. لِلرُّجوعِ صِفْر.",
    },
    "vm-greeting-removed": {
        "en": "Your greeting has been removed.",
        "fa": "پیامِ خوشامد حذف شد.",
        "ar": "تَمَّ حَذْفُ التَّحِيَّة.",
    },
    "vm-keep-or-again": {
        "en": "To keep this recording, press 1. To record again, press 2.",
        "fa": "برایِ نگه داشتن یک، و برایِ ضبطِ دوباره دو را فشار دهید.",
        "ar": "لِلْحِفْظِ اِضْغَطْ واحِد. لِإِعادَةِ التَّسْجيلِ اِضْغَطْ اِثْنان.",
    },
    "vm-repeat-pin": {
        "en": "Please enter it again.",
        "fa": "لطفاً دوباره وارد کنید.",
        "ar": "الرَّجاءُ إِدْخالُهُ مَرَّةً أُخْرى.",
    },
    "vm-weak-pin": {
        "en": "That PIN is too easy to guess. Please choose another.",
        "fa": "این رمز به آسانی حدس زده می‌شود. لطفاً رمزِ دیگری برگزینید.",
        "ar": "هٰذا الرَّقْمُ سَهْلُ التَّخْمين. الرَّجاءُ اِخْتِيارُ غَيْرِه.",
    },
    "vm-new-pin": {
        "en": "Please enter your new PIN.",
        "fa": "لطفاً رمزِ جدید را وارد کنید.",
        "ar": "الرَّجاءُ إِدْخالُ الرَّقْمِ السِّرِّيِّ الجَديد.",
    },
    "vm-pin-changed": {
        "en": "Your PIN has been changed.",
        "fa": "رمز تغییر کرد.",
        "ar": "تَمَّ تَغْيِيرُ الرَّقْمِ السِّرِّيّ.",
    },
    "vm-goodbye": {
        "en": "Thank you. Goodbye.",
        "fa": "سپاسگزاریم. خدا نگهدار.",
        "ar": "شُكْرًا لَك. مَعَ السَّلامَة.",
    },
    "vm-received-at": {
        "en": "Received",
        "fa": "زمانِ دریافت:",
        "ar": "وَصَلَتْ في",
    },
    "vm-from": {
        "en": "From",
        "fa": "از",
        "ar": "مِن",
    },
}

_MENUS = {
    "ivr-invalid": {
        "en": "That is not a valid choice.",
        "fa": "گزینهٔ انتخابی معتبر نیست.",
        "ar": "هٰذا الاِخْتِيارُ غَيْرُ صَحيح.",
    },
    "ivr-no-input": {
        "en": "We did not receive your choice.",
        "fa": "گزینه‌ای از شما دریافت نشد.",
        "ar": "لَمْ نَسْتَلِمِ اِخْتِيارَك.",
    },
    "ivr-goodbye": {
        "en": "Thank you for calling. Goodbye.",
        "fa": "از تماسِ شما سپاسگزاریم. خدا نگهدار.",
        "ar": "شُكْرًا لِاتِّصالِك. مَعَ السَّلامَة.",
    },
    "ivr-accept-call": {
        "en": "You have a call. Press 1 to accept the call.",
        "fa": "شما یک تماس دارید. برایِ پذیرفتنِ تماس یک را فشار دهید.",
        "ar": "لَدَيْكَ مُكالَمَة. لِقَبولِ المُكالَمَةِ اِضْغَطْ واحِد.",
    },
    "callback-offer": {
        "en": "Press 1 to be called back.",
        "fa": "اگر می‌خواهید با شما تماس بگیریم، یک را فشار دهید.",
        "ar": "لِنُعاوِدَ الاِتِّصالَ بِكَ اِضْغَطْ واحِد.",
    },
    "callback-number": {
        "en": "Please enter the number we should call, then press pound.",
        "fa": "لطفاً شماره‌ای را که با آن تماس بگیریم وارد کنید و سپس مربع را فشار دهید.",
        "ar": "الرَّجاءُ إِدْخالُ الرَّقْمِ الَّذي نَتَّصِلُ بِه، ثُمَّ الضَّغْطُ عَلى مُرَبَّع.",
    },
    "callback-confirmed": {
        "en": "Thank you. We will call you back.",
        "fa": "سپاسگزاریم. با شما تماس خواهیم گرفت.",
        "ar": "شُكْرًا لَك. سَنُعاوِدُ الاِتِّصالَ بِك.",
    },
    "survey-thanks": {
        "en": "Thank you for your answers.",
        "fa": "از پاسخ‌هایِ شما سپاسگزاریم.",
        "ar": "شُكْرًا لِإِجاباتِك.",
    },
}

_FEATURE_CODES = {
    "clock-at-the-tone": {
        "en": "At the tone, the time will be",
        "fa": "با شنیدنِ صدایِ بوق، زمان:",
        "ar": "عِنْدَ سَماعِ الصّافِرَة، تَكونُ",
    },
    "record-prompt-now": {
        "en": "Record the announcement after the tone, then press pound.",
        "fa": "پس از بوق پیام را ضبط کنید و سپس مربع را فشار دهید.",
        "ar": "سَجِّلِ الإِعْلانَ بَعْدَ الصّافِرَة، ثُمَّ اِضْغَطْ مُرَبَّع.",
    },
    "forwarding-on": {
        "en": "Call forwarding is on.",
        "fa": "انتقالِ تماس فعال شد.",
        "ar": "تَمَّ تَفْعيلُ تَحْويلِ المُكالَمات.",
    },
    "forwarding-off": {
        "en": "Call forwarding is off.",
        "fa": "انتقالِ تماس غیرِفعال شد.",
        "ar": "تَمَّ إِلْغاءُ تَحْويلِ المُكالَمات.",
    },
    "dnd-on": {
        "en": "Do not disturb is on.",
        "fa": "حالتِ مزاحم نشوید فعال شد.",
        "ar": "تَمَّ تَفْعيلُ عَدَمِ الإِزْعاج.",
    },
    "dnd-off": {
        "en": "Do not disturb is off.",
        "fa": "حالتِ مزاحم نشوید غیرِفعال شد.",
        "ar": "تَمَّ إِلْغاءُ عَدَمِ الإِزْعاج.",
    },
    "agent-signed-in": {
        "en": "You are signed in.",
        "fa": "شما وارد شدید.",
        "ar": "تَمَّ تَسْجيلُ دُخولِك.",
    },
    "agent-signed-out": {
        "en": "You are signed out.",
        "fa": "شما خارج شدید.",
        "ar": "تَمَّ تَسْجيلُ خُروجِك.",
    },
    "agent-paused": {
        "en": "You are paused.",
        "fa": "شما در حالِ استراحت هستید.",
        "ar": "أَنْتَ في اسْتِراحَة.",
    },
    "agent-ready": {
        "en": "You are ready for calls.",
        "fa": "شما آمادهٔ دریافتِ تماس هستید.",
        "ar": "أَنْتَ جاهِزٌ لِاسْتِقْبالِ المُكالَمات.",
    },
    "agent-unknown": {
        "en": "No agent works at this telephone.",
        "fa": "این تلفن متعلق به هیچ کارشناسی نیست.",
        "ar": "لا يَعْمَلُ أَيُّ مُمَثِّلٍ عَلى هٰذا الهاتِف.",
    },
}

_QUEUES = {
    "queue-next": {
        "en": "You are next in line.",
        "fa": "نوبتِ بعدی از آنِ شماست.",
        "ar": "أَنْتَ التّالي في الطّابور.",
    },
    "queue-position": {
        "en": "Your place in line is number",
        "fa": "جایگاهِ شما در صف: شمارهٔ",
        "ar": "رَقْمُكَ في الطّابورِ هُوَ",
    },
    "queue-wait": {
        "en": "The estimated waiting time is",
        "fa": "زمانِ تقریبیِ انتظار:",
        "ar": "مُدَّةُ الاِنْتِظارِ المُتَوَقَّعَة:",
    },
    "queue-wait-short": {
        "en": "You will wait less than a minute.",
        "fa": "کمتر از یک دقیقه منتظر خواهید ماند.",
        "ar": "سَتَنْتَظِرُ أَقَلَّ مِنْ دَقيقَة.",
    },
    "queue-callback-key": {
        "en": "To keep your place in line and be called back, press",
        "fa": "برایِ حفظِ نوبت و تماسِ ما با شما، این کلید را فشار دهید:",
        "ar": "لِتَحْتَفِظَ بِدَوْرِكَ وَنُعاوِدَ الاِتِّصالَ بِك، اِضْغَطْ",
    },
    "callback-number-is": {
        "en": "We will call you back at",
        "fa": "با شما با این شماره تماس می‌گیریم:",
        "ar": "سَنَتَّصِلُ بِكَ عَلى الرَّقْم:",
    },
    "callback-confirm": {
        "en": "If this is right, press 1. To enter another number, press 2. To stay in line, press 3.",
        "fa": "برایِ تأیید یک، برایِ وارد کردنِ شمارهٔ دیگر دو، و برایِ ماندن در صف سه را فشار دهید.",
        "ar": "لِلتَّأْكيدِ اِضْغَطْ واحِد. لِإِدْخالِ رَقْمٍ آخَرَ اِضْغَطْ اِثْنان. لِلْبَقاءِ في الطّابورِ اِضْغَطْ ثَلاثَة.",
    },
    "callback-keeps-place": {
        "en": "Thank you. You keep your place in line, and we will call you back. You may hang up now.",
        "fa": "سپاسگزاریم. نوبتِ شما محفوظ است و با شما تماس می‌گیریم. اکنون می‌توانید تماس را قطع کنید.",
        "ar": "شُكْرًا لَك. دَوْرُكَ مَحْفوظ، وَسَنُعاوِدُ الاِتِّصالَ بِك. يُمْكِنُكَ إِنْهاءُ المُكالَمَةِ الآن.",
    },
}

PROMPTS: dict[str, dict[str, str]] = _FALLBACK | _VOICEMAIL | _MENUS | _QUEUES | _FEATURE_CODES
