"""Recognise a refusal in words, in the languages that models refuse in."""

import re
from functools import cache

_SCANNED = 500
"""A refusal comes first; no more characters than this are searched."""


def refuses(text: str) -> bool:
    """Return whether ``text`` begins with a refusal to take part.

    Giving up a move ("I can't play a1") or a game ("I cannot win") is no refusal. The caller makes
    sure that the text states no answer.
    """
    start = " ".join(text[:_SCANNED].replace("’", "'").split())
    return any(refusal.match(start) for refusal in _refusals())


# English. Only polite words and reasons may come before the refusal itself, because a sentence in
# the middle of an analysis is no refusal. The verbs need an object where they also describe moves:
# "I can't promote" is about a pawn.

_LEAD = (
    r"(?:(?:(?:I am|I'm|we are|we're) )?(?:(?:very|so|truly|really|terribly|deeply) )?sorry"
    r"|(?:my |I (?:sincerely )?)?apolog(?:ies|i[sz]e)|unfortunately|regrettably|regretfully|sadly"
    r"|I regret|I'm afraid|I am afraid|thanks?|hello|hi|no|sure|(?:while |although |though )?"
    r"I (?:understand|appreciate|respect|reali[sz]e|recogni[sz]e|see)|(?:as|I am|I'm"
    r"|being) (?:just |only )?"
    r"(?:an?|programmed|designed|trained|here|built)"
    r"|for (?:ethical|safety|legal)|due to|given my|because I|(?:per|under|in line with) my"
    r"|to be (?:honest|clear|transparent))\b[^.!?]{0,160}?[ ,;:.!?–—-]++"
    r"(?:(?:that|but|so|and|thus|therefore|however),? )?"
)
_CANNOT = (
    r"(?:(?:can't|cannot|can not|cant|cannot and will not|can't and won't|won't|will not"
    r"|am not going to|'m not going to|should not"
    r"|shouldn't|must not|may not|refuse to|would rather not|'d rather not|(?:would |'d )?prefer"
    r" not to|(?:am|'m)(?: currently| just| simply)? (?:unable|not (?:able|allowed|permitted"
    r"|designed|programmed|willing|authori[sz]ed|in a position|here)) to"
    r"|(?:do not|don't) (?:(?:want|wish|intend) to|(?:think|believe|feel) (?:that )?I (?:should"
    r"|can|could|may)))"
    r"(?:,? in good conscience,?)? (?:ethically |actually |really"
    r" |directly |be able to |knowingly )?"
    r"|(?:am not|'m not|do not feel|don't feel|would not feel|wouldn't feel)(?: really| very)?"
    r" comfortable (?:to |with (?:this|that)(?=[.!?,]|$)|with )?)"
)
_END = r"(?= ?(?:[.!?,;:]|$))"
_ANY = r"(?:that|this|these|those|your|such|any|the requested|you with|you)\b"
_SUCH = (
    rf"(?:this|that|these|those|your|such|any)(?:{_END}| (?:kind|type|sort|request|content"
    rf"|behaviou?r"
    rf"|activit|service|game))"
)
_VERBS = (
    rf"(?:(?:be )?help(?:ing)?(?:{_END}| you| out| with| in\b| on\b)|assist(?:ing)?\b"
    rf"|comply(?:ing)?"
    rf"\b|participat(?:e|ing)\b|tak(?:e|ing) part\b|engag(?:e|ing) (?:in|with)\b|gambl(?:e|ing)\b"
    rf"|fulfil(?:l|ling|ing)?\b|be (?:a )?part(?:y)? (?:of|to|in)\b|be (?:involved|of (?:help"
    rf"|assistance|service))\b|carry(?:ing)? out {_ANY}|go(?:ing)? along with\b|do(?:ing)? (?:that"
    rf"|this|so|it|what you)\b|(?:continu(?:e|ing)|proceed(?:ing)?)(?:{_END}| with\b| this| the"
    rf" (?:game|conversation)| playing)|(?:answer(?:ing)?|respond(?:ing)?)(?:{_END}| to {_ANY}"
    rf"| {_ANY})|(?:discuss|complet|process|accommodat|facilitat|condon|simulat|honou?r|satisf|tell"
    rf"|advis)(?:e|y|ing)? {_ANY}|(?:support|promot|encourag|endors|generat|creat|produc|provid"
    rf"|offer"
    rf"|giv|shar|select|choos|suggest)(?:e|ing)? (?:{_SUCH}|(?:you |with |a |an |any |the )*"
    rf"(?:move|response|answer|advice|help|assistance|guidance|information|content|gambling|betting"
    rf"|violence|harm|decision|choice|recommendation)s?\b(?! (?:here |now )?(?:because|since|until"
    rf"|yet|that)))|mak(?:e|ing) (?:this|that|such) (?:an? )?(?:kind|type|sort|choice|decision|bet"
    rf"|wager)|mak(?:e|ing) (?:bets|wagers)(?:{_END}| with| on| for)"
    rf"|play(?:ing)?(?:{_END}| (?:along|anymore|any more|any further|games?|poker|cards|for money"
    rf"|against you|with you|or\b|(?:this|that|the|your|any|such|card|betting|gambling|violent|war)"
    rf" (?:kind of |type of |sort of )?(?:game|match|hand|round|role|character)s?\b)))"
)
_DECLINE = (
    r"(?:(?:(?:must|have to|need to|am going to|'m going to|will have to|'ll have to|am obliged to"
    r"|(?:am|'m) going to have to"
    r"|'ve decided to|choose to|would like to) )(?:respectfully |politely |regretfully )?"
    r"|(?:respectfully|politely|regretfully) )(?:decline|refuse)\b(?= ?(?:[.!?,;:]|$|to\b|this\b"
    r"|your\b|and\b|on\b"
    r"|the (?:request|game|invitation|offer to)))|(?:do not|don't) (?:engage in|participate in"
    r"|take part in|gamble\b|condone|assist with|play (?:games|poker|cards))"
    r"|(?:decline|refuse) (?:to (?:play|participate|take part|engage|answer|continue|help|assist"
    r"|comply|do|provide|respond|make)\b|(?:this|that|your|the) (?:request|game|prompt|task))"
)
_AGAINST = (
    r"(?:(?:this|that|your|the) (?:request|game|question|task|prompt|content|activity|message)"
    r"[^.!?]{0,40}?(?:goes against|violates|is against|conflicts with|falls outside|is outside"
    r"|cannot be (?:fulfilled|processed|completed))|(?:that|this)(?:'s| is) (?:not |n't )?something"
    r" I(?:'m| am)?(?: can't| cannot| won't| can| will| able to| not able to| unable to)+ "
    r"(?:help|assist|do|support|participate|engage)|(?:it is|it's|it would be|it goes)"
    r" (?:against my|inappropriate for me|not appropriate for me|unethical for me)"
    r"|(?:request|prompt) (?:denied|refused|rejected|blocked)|my (?:safety )?(?:guidelines"
    r"|programming|polic(?:y|ies)|principles|values|ethics)[^.!?]{0,40}?(?:prevents?|prohibits?"
    r"|forbids?|(?:do|does)(?: not|n't) (?:allow|permit))|(?:helping|assisting|playing"
    r"|participating)[^.!?]{0,60}? (?:goes|is) against my)"
)
_ENGLISH = (
    rf"(?:{_LEAD}){{0,2}}(?:(?:I|we)(?: also| really| simply| just| still| therefore)?(?= |')"
    rf" ?(?:{_CANNOT}{_VERBS}|(?:am not|'m not) comfortable (?:with (?:this|that)|here){_END}"
    rf"|{_DECLINE})|(?:can't|cannot|unable to) {_VERBS}|{_AGAINST})"
)


# Other languages: an apology or the speaker, then words that deny, then what is denied, all in one
# sentence. What is denied is help or taking part, never a move.


def _sentence(*words: str) -> str:
    """Return a pattern for words that follow each other within one sentence."""
    return r"[^.!?。！？]{0,90}?".join(f"(?:{word})" for word in words)


def _sorry(words: str) -> str:
    """Return a pattern for an apology, which may be a sentence or the start of one."""
    return rf"(?:{words})[^.!?。！？]{{0,60}}?[ ,;:.!，。！、–—-]*+"


def _apology(words: str) -> str:
    """Return a pattern for an optional apology."""
    return rf"(?:{_sorry(words)})?"


_DE_DENIED = (
    r"helfen|behilflich|unterstützen|teilnehmen|mitmachen|mitspielen|beteiligen|erfüllen"
    r"|beantworten"
    r"|antworten|fortfahren|fortsetzen|nachkommen|bereitstellen|weitermachen|weiterspielen"
    r"|ausführen"
    r"|entsprechen|(?:dieses|das|solche|solches|keine?|diese) (?:Glücks)?spiele? spielen"
)
_FR_DENIED = (
    r"aider|assister|participer|répondre|satisfaire|jouer (?:à (?:ce|cela|ça|des|un)|avec|contre)"
    r"|continuer|poursuivre|accéder|fournir|prendre part|donner suite|accepter cette demande|faire"
    r" (?:cela|ça)|traiter"
)
_ES_DENIED = (
    r"ayudar|asistir|participar|cumplir|responder|satisfacer|jugar (?:a (?:este|esto|juegos)|con|"
    r"contra)|continuar|proporcionar|hacer eso|hacer esto|atender|seguir con|tomar parte|ofrecer"
)
_PT_DENIED = (
    r"ajudar|auxiliar|participar|cumprir|responder|atender|jogar (?:este|esse|com|contra|isso"
    r"|jogos)"
    r"|continuar|fornecer|fazer isso|prosseguir|oferecer|realizar|ajudá"
)
_IT_DENIED = (
    r"aiutar|assister|partecipare|soddisfare|rispondere|giocare (?:a (?:questo|quest|giochi)|con"
    r"|contro)|continuare|fornire|farlo|fare (?:questo|ciò)|procedere|prendere parte"
    r"|accettare questa"
)
_RU_DENIED = (
    r"помо[чг]|участвова|принять участие|принимать участие|выполни|ответить|отвечать|продолж"
    r"|играть в"
    r"|предостав|поддерж|обсужда|сделать это|делать это|содейств"
)
_ZH_DENIED = (
    r"帮|幫|协助|協助|参与|參與|参加|參加|提供|满足|滿足|完成|回答|回应|回應|继续|繼續|处理|處理|执行|執行"
    r"|配合|支持|讨论|討論|玩这|玩這|玩此|进行(?:这|此|赌)|進行(?:這|此|賭)|这样做|這樣做|接受这|遵从"
)
_JA_DENIED = (
    r"手伝|助け|対応|お?答え|回答|参加|協力|支援|提供|要望|応じ|お受け|続行|続け|行うこと|プレイ"
    r"|サポート"
)
_KO_DENIED = r"도와|도움|참여|응답|답변|답해|제공|수행|진행|지원|응할|협조|참가|처리|도울"
_AR_DENIED = r"مساعد|المشارك|تنفيذ|تلبية|القيام|الإجابة|الاستمرار|المتابعة|تقديم|أساعد|أشارك|اللعب"

_OTHER_LANGUAGES = (
    # German
    _apology(
        r"es tut mir|tut mir leid|entschuldig|leider|ich bedaure|ich bedauere|verzeihung|sorry"
    )
    + _sentence(
        r"\b(?:ich|als|dabei|damit|das|leider|bei)\b", r"\bnicht\b|\bkeine?[nrms]?\b", _DE_DENIED
    ),
    _apology(r"es tut mir|tut mir leid|entschuldig|leider|sorry")
    + _sentence(r"\bich\b", r"ablehnen\b|verweiger|lehne\b|weigere mich"),
    # French
    _apology(
        r"je suis (?:vraiment )?désolée?|désolée?|malheureusement|je regrette|navrée?|pardon"
        r"|je m'excuse"
    )
    + _sentence(r"\b(?:je|en tant)\b", r"\b(?:ne|n')", r"\bpas\b|\bpuis\b", _FR_DENIED),
    _apology(r"je suis désolée?|désolée?|malheureusement|je regrette")
    + _sentence(r"\bje\b", r"refuse\b|refuser\b|décline\b|décliner\b"),
    # Spanish
    _apology(
        r"lo siento|(?:lo )?lamento|lamentablemente|desafortunadamente|perdón|disculp|me temo"
        r"|por desgracia"
    )
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?\bno (?:puedo|podré|podría|me es posible|estoy|soy capaz)",
        _ES_DENIED,
    ),
    _apology(r"lo siento|lamento|lamentablemente|desafortunadamente")
    + _sentence(
        r"debo|tengo que|me niego|me veo obligad",
        r"negarme|rechazar|declinar|rehusar|a (?:jugar|participar|ayudar|hacer|continuar)",
    ),
    r"como (?:una? )?(?:IA|modelo|inteligencia|asistente)"
    + _sentence("", r"no (?:puedo|estoy)", _ES_DENIED),
    # Portuguese
    _apology(r"desculpe|sinto muito|lamento|infelizmente|peço desculpa|me desculpe|perdão|receio")
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?\bnão (?:posso|poderei|consigo|estou|sou capaz|me é possível|vou)",
        _PT_DENIED,
    ),
    _apology(r"desculpe|sinto muito|lamento|infelizmente")
    + _sentence(r"recuso|preciso|devo|tenho", r"\ba (?:jogar|participar|ajudar)|recusar|declinar"),
    r"como (?:uma? )?(?:IA|modelo|inteligência|assistente)"
    + _sentence("", r"não (?:posso|estou)", _PT_DENIED),
    # Italian
    _apology(
        r"mi dispiace|spiacente|sono spiacente|purtroppo|scus|mi scuso|mi spiace|come (?:IA"
        r"|modello|assistente)"
    )
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?\bnon (?:posso|potrò|sono in grado|mi è possibile|sono autorizzat)",
        _IT_DENIED,
    ),
    _apology(r"mi dispiace|spiacente|purtroppo|mi spiace")
    + _sentence(
        r"devo|mi rifiuto|sono costrett", r"rifiutare|declinare|di (?:giocare|partecipare|aiutare)"
    ),
    # Dutch, Swedish, Danish, Norwegian
    _apology(r"sorry|het spijt me|helaas|mijn excuses|excuses")
    + _sentence(
        r"\b(?:ik|als|daar|hier|dat)\b",
        r"\b(?:niet|geen)\b",
        r"helpen|assisteren|deelnemen|meewerken|meedoen|voldoen|beantwoorden|doorgaan",
    ),
    _apology(
        r"tyvärr|jag är ledsen|förlåt|ursäkta|beklager|desværre|dessverre|undskyld|jeg beklager"
    )
    + _sentence(
        r"\b(?:jag|jeg|det)\b",
        r"\b(?:inte|ikke)\b",
        r"hjälpa|hjælpe|hjelpe|delta|assistera|assistere|bistå|uppfylla|svara|svare|medverka"
        r"|medvirke",
    ),
    # Russian, Ukrainian, Polish, Czech
    _apology(
        r"извин|прост|к сожалению|прошу прощения|мне (?:очень )?жаль|сожалею|как (?:ии|языковая"
        r"|искусственный)"
    )
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?не (?:могу|смогу|буду|в состоянии|имею права|вправе)", _RU_DENIED
    ),
    _apology(r"извин|прост|к сожалению|мне жаль")
    + _sentence(r"я", r"отказыва|вынужден[а]? отказ|должен отказ|должна отказ"),
    _apology(r"вибач|перепрош|на жаль|пробач")
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?не (?:можу|зможу|буду)",
        r"допомог|допомага|брати участь|взяти участь|викона|відпові|продовж|надати",
    ),
    _apology(r"przeprasz|przykro|niestety|wybacz")
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?nie (?:mogę|jestem w stanie|będę)",
        r"pomóc|pomag|uczestnicz|wziąć udział|brać udział|spełnić|odpowie|kontynu",
    ),
    _apology(r"omlouv|je mi líto|bohužel|promiň|lituji")
    + _sentence(
        r"(?:\w{1,3} )?(?:\w+ )?ne(?:mohu|můžu|budu)",
        r"pomoci|pomoct|pomáhat|účastnit|zúčastnit|splnit|odpověd|pokračov",
    ),
    # Chinese
    _sorry(
        r"(?:非常|很|十分)?(?:抱歉|对不起|對不起|遗憾|遺憾|不好意思)|作为|作為|根据|根據|由于|由於"
    )
    + _sentence(
        r"",
        r"无法|無法|不能|不会|不會|没办法|沒辦法|不可以|不便|不方便|难以|難以|不应|不應",
        _ZH_DENIED,
    ),
    r"(?:[^。！？]{0,12}?(?:抱歉|对不起|對不起)[^。！？]{0,20}?)?(?:我|本助手)不(?:参与|參與|提供|支持|协助|協助|参加|參加|讨论|討論)",
    r"(?:我|本助手|本模型)(?:是[^。，]{0,20}，)?(?:无法|無法|不能|不会|不會|拒绝|拒絕)(?:[^。！？]{0,12}?)(?:参与|參與|参加|參加|协助|協助"
    r"|提供(?:帮|幫|此|这|這|相关)|满足|滿足|回答(?:这|此|您|你|這)|帮(?:您|你|助)|幫(?:您|你|助)|玩(?:这|此|這|任何)|继续(?:这|此|对话"
    r"|进行))",
    _apology(r"抱歉|对不起|對不起|很遗憾|很遺憾") + _sentence(r"我", r"拒绝|拒絕|谢绝|謝絕|婉拒"),
    # Japanese
    _sorry(
        r"申し訳|すみません|すいません|恐れ入り|ごめんなさい|残念|大変|恐縮|失礼|AI(?:として|アシスタント)|私は"
    )
    + _sentence(
        r"",
        _JA_DENIED,
        r"できません|できかね|いたしかね|致しかね|出来ません|かねます|ことはできない|お断り|控え",
    ),
    r"[^。]{0,60}?お断り(?:し|いた|させ)",
    r"(?:お手伝い|ご要望|ご依頼|ご質問|お力|そのような(?:要望|依頼|質問)|その(?:要望|依頼|質問|リクエスト))[^。]{0,30}?(?:できません|できかね"
    r"|いたしかね|かねます)",
    # Korean
    _sorry(r"죄송|미안|유감|안타깝|AI")
    + _sentence(
        r"", _KO_DENIED, r"없습니다|못합니다|어렵습니다|않습니다|없어요|못해요|없음|불가능"
    ),
    _sorry(r"죄송|미안|유감")
    + _sentence(r"", r"거절|거부", r"합니다|하겠습니다|해야|드립니다|하겠"),
    r"(?:도와|도움을|요청)[^.]{0,20}?(?:드릴|줄|응할|들어줄) 수 (?:가 )?없",
    # Arabic, Hebrew, Persian
    _sorry(r"(?:أنا )?(?:آسف|أعتذر|عذر|للأسف|معذرة|المعذرة|نعتذر|بصفتي|كنموذج)")
    + _sentence(
        r"",
        r"لا (?:أستطيع|يمكنني|يمكن|أقدر)|لن (?:أستطيع|أتمكن|أقوم|أشارك|أساعد)|غير قادر|أرفض",
        _AR_DENIED,
    ),
    r"(?:أنا )?(?:لا (?:أستطيع|يمكنني)|لن) (?:ال)?(?:مساعد|المشارك|أشارك|أساعد|تلبية|تنفيذ)",
    _sorry(r"(?:אני )?מצטער|סליחה|לצערי")
    + _sentence(r"", r"לא (?:יכול|אוכל|מסוגל)|איני יכול", r"לעזור|לסייע|להשתתף|לענות|לבצע|לשחק"),
    _sorry(r"متأسفم|متاسفم|ببخشید|با عرض پوزش")
    + _sentence(r"", r"کمک|شرکت|پاسخ|انجام|همکاری", r"نمی‌?\s?توانم|نیستم|نمی‌?\s?کنم"),
    # Hindi, Bengali, Thai, Vietnamese, Indonesian, Turkish, Greek, Finnish, Hungarian, Romanian
    _sorry(r"(?:मुझे )?(?:क्षमा|माफ|खेद|अफसोस|मैं)")
    + _sentence(r"", r"मदद|सहायता|भाग|जवाब|उत्तर|पूरा|सहयोग", r"नहीं|असमर्थ"),
    _sorry(r"দুঃখিত|আমি দুঃখিত|ক্ষমা") + _sentence(r"", r"সাহায্য|সহায়তা|অংশ", r"না|অক্ষম"),
    _sorry(r"ขออภัย|ขอโทษ|เสียใจ")
    + _sentence(r"", r"ไม่สามารถ|ไม่อาจ", r"ช่วย|เข้าร่วม|ตอบ|ดำเนินการ|เล่นเกม"),
    _sorry(r"(?:tôi )?(?:rất )?(?:xin lỗi|rất tiếc|tiếc)")
    + _sentence(
        r"",
        r"không thể|không được phép|từ chối",
        r"giúp|hỗ trợ|tham gia|đáp ứng|trả lời|thực hiện|tiếp tục",
    ),
    _sorry(r"(?:saya )?(?:mohon )?maaf|sayangnya|(?:saya )?minta maaf")
    + _sentence(
        r"",
        r"tidak (?:dapat|bisa|boleh|akan|mampu)",
        r"membantu|berpartisipasi|ikut|memenuhi|menjawab|melanjutkan|memberikan|melakukan itu",
    ),
    _sorry(r"üzgünüm|maalesef|özür dilerim|kusura bakma|ne yazık ki")
    + _sentence(
        r"",
        r"yardım|katıl|yerine getir|yanıt|cevap|devam|oyna",
        r"(?:ola|ede|e|a)m(?:am|em|ıyorum|iyorum)|[ae]mam\b|[ae]mem\b|mümkün değil|reddet",
    ),
    _sorry(r"λυπάμαι|συγγνώμη|δυστυχώς|με συγχωρείτε")
    + _sentence(r"", r"δεν (?:μπορώ|είμαι σε θέση|θα)", r"βοηθ|συμμετ|απαντ|εκπληρ|συνεχ|παίξω"),
    _sorry(r"valitettavasti|olen pahoillani|pahoittelen|anteeksi")
    + _sentence(r"", r"\ben (?:voi|pysty)", r"auttaa|osallistua|vastata|jatkaa|täyttää"),
    _sorry(r"sajnálom|sajnos|elnézést|bocsánat")
    + _sentence(
        r"",
        r"nem (?:tudok|áll módomban|vehetek)",
        r"segíteni|részt|válaszolni|teljesíteni|folytatni",
    ),
    _sorry(r"îmi pare rău|din păcate|scuze|regret")
    + _sentence(r"", r"nu (?:pot|sunt în măsură)", r"ajut|asist|particip|răspund|îndeplin|continu"),
)


@cache
def _refusals() -> tuple[re.Pattern[str], ...]:
    """Compile the expressions when the first reply needs them: it takes a tenth of a second."""
    patterns = (_ENGLISH, *_OTHER_LANGUAGES)
    return tuple(re.compile(rf"[\W_]*+(?:{pattern})", re.IGNORECASE) for pattern in patterns)
