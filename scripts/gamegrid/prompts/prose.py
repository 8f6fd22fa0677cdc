"""What the words around an answer say about it: taken back, corrected, another's, or an example.

The patterns recognise the commonest words for each, in the languages that models write most. Where
words can be read in two ways, these functions lean towards doubt, because a rejected reply costs
less than a wrong move.
"""

import re
from collections.abc import Sequence

NEAR = 240
"""How many characters before an answer can introduce it."""
_TAIL = 4000
"""How many characters after an answer are searched. An answer with more to follow is in doubt."""

_SENTENCE = r"(?:^|(?<=[.!?;:\n。！？；：…—–(\[*_\"'>#])|(?<=\s[-–—]))[\W_]{0,12}+"
"""The start of a sentence, with any decoration."""

_TAKES_BACK = re.compile(
    rf"""{_SENTENCE}(?:
        wait\b(?!\ (?:for|until|till|and\ see)\b) | h+m+\b | oops | o+ps\b | whoops | uh[\ -]?oh
      | no+\b(?=\s*[,!—–;:]|\.(?!\s*\d)|\.\.\.|\ wait\b|\ sorry\b) | nope\b | actually\b | correct(?:ion|ed)\b
      | (?:on|upon)\ (?:(?:a\ )?(?:second|closer|further|deeper|more\ careful)\ \w+|reflection|reconsideration)
      | (?:scratch|strike|forget|ignore|disregard|delete|cancel|undo|never\ ?mind)\b
      | my\ (?:mistake|bad|error)\b | edit\b\s*\d*\s*: | update\b\s*: | erratum
      | (?:re-?considering|re-?thinking|re-?checking|double-?checking|thinking\ (?:again|twice|more))\b
      | come\ to\ think\ of\ it | better\ (?:still|yet|idea)\b | better\s*: | or\ (?:rather|better)\b
      | but\ (?:wait|no|actually|then\ again|on\ second)\b | (?:and\ )?yet,?\ on | then\ again\b | rather\s*[,:]
      | let\ me\ (?:re-?\w+|correct|fix|change|try|check|double|verify|think|start|look|redo|adjust|amend)\b
      | (?:warte|moment(?:\ mal)?\b|halt\b|stopp?\b|nein\b|ach\ nein|doch\ nicht|korrektur|vielmehr|oder\ (?:besser|doch)|besser\s*:|stattdessen|tatsächlich|ups\b|quatsch|bei\ näherem)
      | (?:attend|attends|attendez|non\b(?=\s*[,.!:])|plutôt|en\ fait|finalement|à\ la\ réflexion|correction|ou\ plutôt|mieux\s*:)
      | (?:espera|un\ momento|no\b\s*,|mejor\b|en\ realidad|pensándolo|corrección|o\ mejor|más\ bien|en\ vez)
      | (?:espere?\b|peraí|não\b\s*,|melhor\b|na\ verdade|pensando\ bem|correção|ou\ melhor|aliás)
      | (?:aspetta|un\ attimo|anzi\b|in\ realtà|ripensandoci|correzione|o\ meglio|meglio\b)
      | (?:wacht|nee\b|eigenlijk|correctie|of\ beter|vänta|nej\b|vent\b|czekaj|nie\b\s*,|jednak|właściwie|bekle|hayır|aslında|tunggu|tidak\b\s*,|sebenarnya)
      | (?:подожди|постой|стоп\b|нет\b\s*[,.!—–-]|лучше\b|на\ самом\ деле|поправка|исправл|вернее|точнее|хотя\ нет|передумал|погоди)
      | (?:等等|等一下|等下|不对|不對|不，|不,|不是|其实|其實|更正|纠正|糾正|修正|重新|我改|改为|改為|改成|还是选|说错|說錯|哦不)
      | (?:待って|いや|いいえ|違う|違います|訂正|やっぱり|やはり|むしろ|実は|間違え)
      | (?:잠깐|잠시만|아니|정정|다시|사실|오히려|실수)
      | (?:انتظر|لا،|لا\ ،|في\ الواقع|تصحيح|بل\b)
    )
    | \b(?:chang(?:e|ed|ing)|switch(?:ed|ing)?|correct(?:ed|ing)?|revis(?:e|ed|ing)|amend(?:ed)?|updat(?:e|ed|ing)|withdr[ae]w|retract|reconsider(?:ed|ing)?|rethink)\ (?:my|the|that|this|it|to)\b
    | \bchanged?\ (?:my\ )?mind\b | \b(?:take|taking|took)\ (?:it|that|this|my\ \w+)\ back\b | \bI\ (?:withdraw|retract)\b
    | \bI\ (?:meant?|misread|misspoke|miscounted|miscalculated|overlooked|made\ (?:a|an)\ (?:mistake|error)|was\ wrong)\b
    | \b(?:that|this|it|which|above|answer|move|choice)(?:'s|’s|\ is|\ was|\ would\ be)\ (?:actually\ |clearly\ |in\ fact\ |not\ (?:a\ )?)?(?:wrong|a\ (?:mistake|blunder|typo)|an?\ (?:error|illegal)|illegal|invalid|not\ (?:legal|allowed|possible|in|on)|legal|taken|occupied|losing|impossible|incorrect|already)\b
    | (?:^|[.!?,;:\n])\s*(?:this|that|it)\ (?:hangs|loses|fails|blunders|does\ not\ work|doesn['’]t\ work|won['’]t\ work)\b
    | (?:^|[.!?;\n])\W*(?:but\ )?(?:unless|except|provided|only\ if|if\ not)\b | \b(?:answer|move|choice|action)\ (?:only\ )?if\b
    | \bif\s+(?:it|that|this|not|the\ \w+|\w\d+)\b[^.!?\n]{{0,15}}\b(?:free|taken|legal|illegal|available|allowed|possible|occupied|open|empty|valid|invalid)\b
    | \bif\s+(?:this|that|it|my|the\s+(?:above|move|answer|action))\b | \b(?:hold|hang)\ on\b | \bone\ moment\b
    | \b(?:examples?|drafts?|placeholder|tentative(?:ly)?|preliminary|provisional(?:ly)?|for\ now)\b
    | \b(?:resign|give\ up|forfeit|concede|surrender|undecided|unsure)\b | \bnot\ (?:\w+\ )?(?:sure|certain|final)\b | \bdecide\ later\b | \bI\ don['’]t\ know\b
    | \bnot\ (?:really\ |actually\ )?(?:my|the|an?|what\ I)\ (?:\w+\ )?(?:answer|move|choice|action|want\w*|mean\w*|intend\w*)\b
    | (?<!['’]s\ )(?<!\bhis\ )(?<!their\ )(?<!\bno\ )(?<!without\ )\b(?:mistake|wrong|erroneous|typo|incorrect|oversight|slip)\b
    | \b(?:versehen\w*|fehler|falsch|korrigier\w*|geirrt|vertan|zurücknehm\w*|erreur|trompée?|corrige|annule|equivo\w+|corrijo|anulo|sbagliat\w*|errore|correggo|annullo|errei|engano|enganei|fout|vergis\w*|herroep|ошиб\w*|исправ\w*|отмен\w*|błąd|pomył\w*)\b
    | 等等|不对|不對|错了|錯了|弄错|说错|选错|更正|纠正|撤回|应该是|應該是|算了|待って|間違|訂正|やっぱり|変更|잠깐|정정|실수|취소|바꾸|خطأ|تصحيح
    | \A\W*\? | \bkidding\b | \bjoking\b | \bI\ lied\b
    | \binstead\b(?!\ of) | \bon\ second\ thought | \bnot\ in\ (?:the|my)\ list\b | \b(?:would|will|should|might)\ (?:rather|prefer\ to)\b
    | \bI['’]d\ (?:rather|prefer) | \b(?:is|was|are)\ (?:even\ |much\ |clearly\ |actually\ )?(?:better|stronger|wiser|safer|preferable)\b(?!\ than\b)
    | \bstattdessen\b | \blieber\b | \bdoch\ (?:besser|lieber)\b | \bà\ la\ place\b | \bplutôt\b | \ben\ (?:su\ lugar|lugar\ de\ eso|vez\ de\ eso)\b
    | \bem\ vez\ disso\b | \binvece\b(?!\ di) | \bпередумал | \bвместо\ этого\b | 改选|改選|改下|换成|換成|改主意|代わりに|대신에?\b|بدلا\ من\ ذلك
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Words that take a statement back or put another in its place."""

_HEDGES = re.compile(
    rf"""{_SENTENCE}(?:alternatively\b | or\b(?!\ (?:rather|better)\b) | (?:either|else|otherwise|maybe|perhaps|another\ (?:option|idea|possibility))\b | oder\b(?!\ (?:besser|doch)) | ou\b(?!\ (?:plutôt|melhor)) | o\b(?!\ (?:mejor|meglio))\s | или\b | 或者 | 还是 | 還是 | または | あるいは | 또는 | أو\b | alternativ)
    | \b(?:also|equally|just\ as|as\ well|too)\ (?:good|fine|possible|strong|playable|works?|win|wins)\b""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Words that offer another move without putting it in place of the first."""

_STRONG = re.compile(
    rf"""{_SENTENCE}(?:wait\b(?!\ (?:for|until|till|and)\b)|h+m+\b|oops|actually\b|no\b(?=\s*[,!—])|correction\b|(?:scratch|strike|disregard)\ that|on\ second\ thought)
    | \bchanged?\ my\ (?:mind|answer|move)\b | \b(?:take|taking)\ (?:it|that)\ back\b | \binstead\b(?!\ of)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""The same where much prose is expected: in the rest of an answering object."""

_FINAL = re.compile(
    r"""(?:\b(?:final|actual|definitive|real|ultimate|corrected|revised|chosen|selected)\ (?:\w+\ ){0,2}(?:answer|move|choice|action|decision|reply|response|output|verdict|selection|json)\b[^\n.!?]{0,40}
      | \b(?:final(?:ly)?|corrected|revised|in\ conclusion|conclusion|verdict|decision)
      | \bI(?:['’]ll|\ will)?\ (?:now\ |therefore\ |finally\ )?(?:go\ with|choose|pick|select|settle\ (?:on|for)|decide\ (?:on|for)|opt\ for)\b[^\n.!?]{0,40}
      | \b(?:endgültige?r?|schließlich|définitive|definitiva|итоговый|окончательный)\b[^\n.!?]{0,40}
      | (?:最终|最後の|最終|최종)[^\n。！？]{0,20})
    [\s:*_`#"'—–=>]*(?:```\w*\s*)?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words at the end of a text that announce the final answer."""

_WHO_ELSE = (
    r"(?:(?:my|the|your|our)\s)?(?:opponent|enemy|rival|adversary|other\splayer|other\sside|gegner|adversaire|rival|oponente|avversario|соперник|противник|对手|對手|相手|상대)"
)
_SPEAKER = (
    r"\b(?:dealer|referee|moderator|game\ ?master|environment|judge|coach|friend|engine|stockfish|book|user|human|you|somebody|someone|everyone|beginners?|computer|theory)"
)
_PLAYED_ON = re.compile(
    rf"""(?:^|\n)[\W_]{{0,12}}(?:observation|user|human|system|environment|env|assistant|moderator|game\ ?master|referee|dealer|host
        |question|input|feedback|response\ from|legal\ moves|moves\ so\ far|new\ (?:board|state|position)|current\ (?:board|state|position)|board|state
        |{_WHO_ELSE}(?:['’]s)?(?:\ \w+){{0,3}}|player\ \w+|[xo]|white|black|next|then|later|turn|round|move|step|ply|thought\ \d+|action\ \d+
        |beobachtung|runde|zug|tour|coup|turno|jugada|ход|раунд|回合|轮|第)\b[^\n:：.]{{0,30}}[:：]
    | \b(?:next|following|second|third|2nd|3rd|another|subsequent|future|later|new|last|previous)\ (?:\w+\ )?(?:turn|round|move|game|ply|step|hand|trick|action)s?\b
    | \b(?:turn|round|move|step|ply|hand)\ \#?\d | \b(?:your|my|his|her|their|our|[XO]['’]s|opponent['’]s)\ turn\b | \bit['’]?s?\ (?:is\ )?(?:now\ )?(?:your|my|[XO]['’]s)\ turn\b
    | \b(?:O|X|white|black|player\ \w+|they|he|she)['’]s\b | (?:^|\n)\s*[\[(<]\w[\w ]{{0,20}}[\])>] | \b(?:O|X|white|black|opponent|he|she)\ is\ forced\b
    | (?:\b{_WHO_ELSE}|\b(?:O|X|white|black|he|she|they|player\ \w+|opponent))\ (?:then\ |now\ |will\ |would\ |might\ |could\ |may\ |can\ |likely\ |probably\ )*(?:plays?|played|moves?|moved|answers?|answered|replies|reply|replied|responds?|responded|chooses?|chose|takes?|took|goes|bets?|raises?|calls?|folds?|passes|places?|blocks?|counters?|captures?|recaptures?)\b
    | (?:^|[\n.;,])\s*(?:after\ (?:that|this|which)|afterwards|and\ then|then,?\ (?:I|we|he|she|they|O|X|you)\b|now\ (?:the|O|X|it|I\ play)|if\ (?:he|she|they|O|X|the|my)\b)
    | \x04 | \bobservation\s*:
    | 下一步|下一手|下一轮|下一回合|对手(?:下|走|选|会)|轮到|次の手|相手は|다음 (?:차례|수|턴)|nächste[rn]?\ (?:zug|runde)|prochain\ (?:coup|tour)|próxim[oa]\ (?:turno|jugada|movimiento)|prossim[oa]\ (?:mossa|turno)|следующ\w+\ (?:ход|раунд)|gegner\ (?:spielt|setzt|zieht|antwortet)|adversaire\ (?:joue|répond)|(?:rival|oponente)\ (?:juega|responde)|соперник\ (?:ходит|играет|отвечает)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Words of a game that goes on: other players, an environment, a later turn."""

_SOMEBODY_ELSE = re.compile(
    r"^[\W_]{0,12}(?:observation|user|human|system|environment|moderator|game ?master|legal moves|"
    r"moves so far|it is your turn)\b(?:\s*\d*\s*[:：]|[.\n]|$)|\x04",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that starts a part of somebody else: whatever follows is no longer about the answer."""
_OTHERS_LINE = re.compile(
    rf"^[\W_]{{0,12}}(?:{_WHO_ELSE}\b[^\n:：.]{{0,40}}|(?:expected|likely|possible|predicted)\ (?:reply|response"
    rf"|reaction|answer|counter)\b[^\n:：.]{{0,20}})[:：].*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line about the move that an opponent makes."""

_NOT_OWN = re.compile(
    rf"""\b(?:examples?|for\ instance|sample|template|placeholder|dummy|illustration|beispiel\w*|exemple|ejemplo|esempio|exemplo|например|пример\w*|przykład)\b(?!.*\b(?:my|actual|final|real)\b)
      | \be\.g\. | 例如|比如|例[:：]|たとえば|例えば|예를\ 들어|예[:：]|مثال
      | ^[\W_]*(?:the\ )?(?:\w+\ ){{0,2}}(?:format|schema)\s*(?:is|was|would\ be|looks?|should\ be)[^.!?\n]{{0,40}}$ | ^[\W_]*(?:expected\ |required\ |requested\ |output\ |reply\ )?(?:format|schema)\W*$ | \bin\ the\ (?:form|shape)(?:\ of)?\W*$ | \bsomething\ like\W*$ | \bsuch\ as\W*$
      | {_WHO_ELSE}(?:['’]s)?\s+(?:(?!my\b|I\b|so\b)[\w-]+\s+){{0,2}}(?:moves?|repl(?:y|ies)|response|responds?|answers?|action|turn|plays?|choice|chooses?|says?|said|option|counter\w*)\W*$
      | {_SPEAKER}(?:['’]s)?\s+(?:\w+\s+){{0,2}}(?:says?|said|told|suggests?|suggested|recommends?|recommended|plays?|played|wants?|wanted|moves?|action|answers?|replies|choice)\b[^.!?\n]{{0,12}}$
      | (?:{_WHO_ELSE}|\b(?:he|she|they|opponent))\s+(?:will|would|might|may|could|can|must|should|shall|probably|likely|then|wants\ to|is\ going\ to)\s+[\w\s]{{0,30}}$
      | \b(?:previous|last|earlier|prior|past|next|following|future)\s+(?:\w+\s+)?(?:turn|round|move|reply|action|game|time)\b[^.!?\n]{{0,30}}$
      | (?:对手|對手|相手|상대)\S{{0,8}}[:：]?\s*$ | \bgegner\w*\s+(?:antwort\w*|zug|spielt|setzt|zieht)\W*$""",
    re.VERBOSE | re.IGNORECASE,
)
"""An introduction of something that is not the model's own answer of this turn."""

_DOUBTED = re.compile(
    rf"""\bnot\s+(?:this|that|these|it|recommended|good|allowed|legal|playable)?\W*$ | \b(?:should|shall|could|can|may|might|would|must)\s+(?:I|we)\b[^.!?\n]*$ | \b(?:tempt|attract)\w*\b[^.!?\n]{{0,20}}$
      | \b(?:never|not|n['’]t|cannot|refuse\ to|decline\ to)\s+(?:just\ |simply\ |ever\ )?(?:say|answer|play|reply|respond|choose|output|write|pick|use|send|give|state|submit|recommend)\b[^.!?\n]{{0,30}}$
      | \b(?:worst|bad|wrong|illegal|invalid|losing|forbidden|incorrect|rejected|discarded|weakest|poor)\s+(?:\w+\s+){{0,2}}(?:moves?|answer|reply|choice|action|option|response|idea)\b[^.!?\n]{{0,20}}$
      | \b(?:instead\ of|rather\ than|as\ opposed\ to|unlike|avoid(?:ing)?)\W*$
      | \bif\ [^.!?\n]*$ | \b(?:else|otherwise|unless|in\ case)\b[^.!?\n]*$ | \bhypothetical\w*[^.!?\n]*$
      | \b(?:option|candidate|alternative|possibility|variant|choice|idea|line|plan|draft|attempt)\ *(?:\#?\d+|[A-F])\b(?!.*\b(?:I|my|go\ with|final|best)\b)[^.!?\n]{{0,20}}$ | ^[\W_]*(?:candidates?|alternatives?|drafts?|options|possibilities|maybe|perhaps|first\ (?:idea|thought|draft)|initial\ (?:idea|thought|draft))\b[^.!?\n]{{0,20}}$""",
    re.VERBOSE | re.IGNORECASE,
)
"""An introduction that denies an answer, makes it depend on something, or offers it as one of many."""

_OWN = re.compile(
    r"\b(?:my (?:\w+ )?(?:answer|reply|response|move|choice|action|decision)|final|actual|so I|I (?:will|"
    r"choose|go|play|pick|take|select|answer|reply|decide|respond)|I['’]ll|hence|therefore)\b(?!\s+(?:never"
    r"|not)\b)",
    re.IGNORECASE,
)
"""Words that introduce the model's own answer, whatever else the line says."""

_EXPLAINS = re.compile(
    r"""\b(?:reason\w*|rationale|explanation|analysis|justification|because|since|so\ that|as\ it|prevent\w*|block\w*|stop\w*|threat\w*|opponent\w*|next|then|later|after\w*|before|if|when|would|could|might|than|over|instead\ of|rather\ than
      |taken|occupied|open\w*|follow\w*|fork\w*|attack\w*|defend\w*|protect\w*|control\w*|leav\w+|keep\w*|from|between|with|against|beat\w*|los\w+|win\w*|already|toward\w*|unlike|whereas|while|cover\w*|connect\w*|expect\w*|plan\w*|idea|prepar\w*|aim\w*|allow\w*|support\w*|develop\w*|consider\w*|thought|tempting|weigh\w*|compar\w*|deny|denies|avoid\w*
      |weil|denn|da|damit|droh\w*|blockier\w*|gegner\w*|sonst|wenn|danach|dann|verhinder\w*|statt|car|parce|puisque|afin|bloqu\w*|menac\w*|adversaire|sinon|si|ensuite|empêch\w*|contre
      |porque|pues|para|bloque\w*|amenaz\w*|rival|evita\w*|luego|después|contra|impede|ameaç\w*|adversário|depois|perché|blocca\w*|minaccia\w*|avversario|poi|evit\w*|потому|чтобы|блокир\w*|угро\w*|соперник\w*|если|затем|иначе)\b
      | 因为|因為|阻止|防止|威胁|威脅|对手|對手|如果|否则|否則|然后|下一|ため|ので|防ぐ|相手|もし|次|때문|막|상대|만약|다음|لأن|لمنع|الخصم|إذا""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words of a sentence that explains an answer, and so may name other moves."""
_LATER = re.compile(
    r"\b(?:next|then|later|after\w*|follow\w*|if|when|would|could|might|threat\w*|turn|soon|eventually|river|flop|showdown|endgame|rounds?|hands?|future)\b",
    re.IGNORECASE,
)
_BLOCKS = re.compile(
    r"\b(?:block|stop|prevent|deny|blockier|verhinder|bloqu|bloc|empêch|evit|impid|imped|блокир|меша)|阻|防|堵|막",
    re.IGNORECASE,
)
_DECIDES = (
    r"(?:\bI(?:['’]ll|['’]m|['’]d)?\b|\b(?:let['’]?s|let\ me|play|choose|choosing|pick|take|select|go\ with)\b"
    r"|\b(?:final|best|better|new|correct|right|my)\b(?:\s+(?:move|answer|choice|action|decision|play))?"
    r"|\b(?:move|answer|choice|action|decision|verdict)\s*(?:is|:|=)|\bich\b|\bje\b|\bmein\b|\bmon\b|\bmi\b|\bя\b|我|選|选|下)"
    r"(?:(?!\b(?:of|than|over|not|because|since|as|so|to|consider\w*|thought|looked|compared|wanted|tried|reject\w*|avoid\w*"
    r"|discard\w*|move)\b)[^\n.!?;]){0,24}?"
)
_DISTANT = re.compile(r"(?<!\d)[.!?;]+(?=\s|$)|\n+|[。！？；]+")


def taken_back(tail: str, label: str, labels: Sequence[str]) -> bool:
    """Return whether the text after an answer takes it back or decides for another move.

    A part of the text that somebody else speaks, such as an observation, does not count.
    """
    if not tail.strip():
        return False
    other = _SOMEBODY_ELSE.search(tail, 0, _TAIL)
    tail = tail[: other.start()] if other else tail
    return (
        len(tail) > _TAIL
        or bool(_TAKES_BACK.search(tail))
        or _speaks_against(tail, label)
        or _decides_otherwise(tail, label, labels)
    )


def strongly_taken_back(text: str) -> bool:
    """Return whether explanations after an answer take it back in so many words."""
    return bool(_STRONG.search(text[:_TAIL]))


def _decides_otherwise(tail: str, label: str, labels: Sequence[str]) -> bool:
    """Return whether a sentence names another legal move and does not just explain the answer."""
    tail = _OTHERS_LINE.sub("", tail)
    folded = tail.casefold()
    others = [name for name in labels if name != label and _telling(name) and name.casefold() in folded]
    if not others:
        return False
    words = "|".join(re.escape(name) for name in others)
    named = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    own = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
    decided = re.compile(rf"{_DECIDES}(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    for sentence in _DISTANT.split(tail):
        if not named.search(sentence):
            continue
        mention, decision = own.search(sentence), decided.search(sentence)
        explained = _LATER.search(sentence) or _BLOCKS.search(sentence)
        if decision and not explained and not (mention and mention.start() < decision.end()):
            return True
        if not mention and not _EXPLAINS.search(sentence):
            return True
    return False


def _speaks_against(tail: str, label: str) -> bool:
    """Return whether a text says that the answer is not the move, or a bad one."""
    if label.casefold() not in tail.casefold() or not _telling(label):
        return False
    own = rf"(?<!\w){re.escape(label)}(?!\w)"
    return bool(
        re.search(
            rf"(?:{_AGAINST_BEFORE})[\s\"'`*“‘]+{own}|{own}[\s\"'`*”’]+(?:{_AGAINST_AFTER})\b",
            tail,
            re.IGNORECASE,
        )
    )


_AGAINST_BEFORE = (
    r"\b(?:better|stronger|safer|wiser|preferable)\s+(?:\w+\s+)?(?:than|to)|\b(?:instead\s+of|rather\s+than|over|not|avoid|"
    r"never|without|against|withdraw|forget|drop|statt|pas|no|не|nicht|anstatt)|不(?:选|下|走|要)?"
)
_AGAINST_AFTER = (
    r"loses|fails|hangs|blunders|is\s+(?:already\s+|not\s+|a\s+)?(?:taken|illegal|occupied|wrong|bad|mistake|blunder|weak|impossible|"
    r"legal|available|possible|losing|refuted)|was\s+(?:a\s+|an\s+|wrong|my\s+first)|does(?:\s+not|n['’]t)|won['’]?t|can(?:not|['’]t)|"
    r"isn['’]t|would\s+(?:lose|fail|hang|be\s+(?:a\s+)?(?:bad|mistake|blunder|wrong|illegal))|verliert|perd|pierde|perde|проигрывает"
)


def _telling(name: str) -> bool:
    """Return whether a label stands out in prose; "a", "up" and "3" do not."""
    return len(name) > 2 or (len(name) == 2 and not name.isalpha() and not name.isnumeric())


def corrects(gap: str) -> bool:
    """Return whether the text between two answers plainly puts the second in place of the first."""
    if len(gap) > _TAIL or _PLAYED_ON.search(gap) or _HEDGES.search(gap) or not_own(gap):
        return False
    return bool(_TAKES_BACK.search(gap) or _FINAL.search(gap[-NEAR:]))


def announces_final(gap: str) -> bool:
    """Return whether the text before an answer announces it as the final one of several."""
    return corrects(gap) and bool(_FINAL.search(gap[-NEAR:]))


def not_own(before: str) -> bool:
    """Return whether the text before an answer introduces it as another's move or an example."""
    line = _introduction(before)
    return bool(_NOT_OWN.search(line)) and not (_OWN.search(line) or _DOUBTED.search(line))


def doubted(before: str) -> bool:
    """Return whether the text before an answer denies it or makes it one of several."""
    line = _introduction(before)
    return bool(_DOUBTED.search(line) or _NOT_OWN.search(line)) and not _OWN.search(line)


def _introduction(before: str) -> str:
    """Return the words that lead to an answer, on its own line or the line above.

    After a blank line they must end with a colon.
    """
    text = _FENCE.sub("", before[-NEAR:])
    start = text.rfind("\n") + 1
    if text[start:].strip(" \t`*_>#-"):
        return text[start:]
    above = text[:start].rstrip()
    line = above[above.rfind("\n") + 1 :]
    apart = "\n" in text[len(above) : start - 1]
    ends = (":", "：") if apart else (*line[-1:],)
    return "" if line.endswith((".", "!", "?", "。", "！", "？")) or not line.endswith(ends) else line


_FENCE = re.compile(r"\n?[^\S\n]*```\w*\n?\Z")


def names_somebody_else(line: str) -> bool:
    """Return whether the start of a line names an opponent."""
    return bool(_OPPONENT.search(line))


_OPPONENT = re.compile(rf"(?:^|\W){_WHO_ELSE}", re.IGNORECASE)


_CONTINUES = re.compile(r"[\s,`*_]*(?:\?|[a-z]+\b(?!\s*[:=]))")


def mentioned(before: str, after: str) -> bool:
    """Return whether an object is part of a sentence about it, such as "{...} would lose".

    ``after`` is the rest of the object's line.
    """
    return bool(_CONTINUES.match(after)) and not _OWN.search(_introduction(before))
