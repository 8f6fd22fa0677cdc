"""The words around an answer that decide how it is read, as patterns.

They cover the commonest words of the languages that models write most. ``prose`` applies them.
"""

import re

_SENTENCE = r"(?:^|(?<=[.!?;:\n。！？；：…—–(\[*_\"'>#])|(?<=\s[-–—]))[\W_]{0,12}+"
"""The start of a sentence, with any decoration."""

TAKES_BACK = re.compile(
    rf"""{_SENTENCE}(?:
        wait\b(?!\ (?:for|until|till|and\ see)\b) | (?:ah|oh|argh?|damn|yikes|ouch|shoot|crap
          |d['’]oh|err?|ahem|huh|void)\b | h+m+\b | oops | o+ps\b | whoops | uh[\ -]?oh
      | no+\b(?=\s*[,!—–;:]|\.(?!\s*\d)|\.\.\.|\ wait\b|\ sorry\b) | nope\b | actually\b
        | correct(?:ion|ed)\b
      | (?:on|upon)\ (?:(?:a\ )?(?:second|closer|further|deeper|more\ careful)\ \w+|reflection
        |reconsideration)
      | (?:scratch|strike|forget|ignore|disregard|delete|cancel|undo|never\ ?mind)\b
      | my\ (?:mistake|bad|error)\b | edit\b\s*\d*\s*: | update\b\s*: | erratum
      | (?:re-?considering|re-?thinking|re-?checking|double-?checking|thinking\ (?:again|twice
        |more))\b
      | come\ to\ think\ of\ it | better\ (?:still|yet|idea)\b | better\s*: | or\ (?:rather
        |better)\b
      | but\ (?:wait|no|actually|then\ again|on\ second)\b | (?:and\ )?yet,?\ on
        | then\ again\b | rather\s*[,:]
      | let\ me\ (?:re-?\w+|correct|fix|change|try|check|double|verify|think|start|look|redo
        |adjust|amend)\b
      | (?:warte|moment(?:\ mal)?\b|halt\b|stopp?\b|nein\b|ach\ nein|doch\ nicht|korrektur
        |vielmehr|oder\ (?:besser|doch)|besser\s*:|stattdessen|tatsächlich|ups\b|quatsch
        |bei\ näherem)
      | (?:attend|attends|attendez|non\b(?=\s*[,.!:])|plutôt|en\ fait|finalement
        |à\ la\ réflexion|correction|ou\ plutôt|mieux\s*:)
      | (?:espera|un\ momento|no\b\s*,|mejor\b|en\ realidad|pensándolo|corrección|o\ mejor
        |más\ bien|en\ vez)
      | (?:espere?\b|peraí|não\b\s*,|melhor\b|na\ verdade|pensando\ bem|correção|ou\ melhor|aliás)
      | (?:aspetta|un\ attimo|anzi\b|in\ realtà|ripensandoci|correzione|o\ meglio|meglio\b)
      | (?:wacht|nee\b|eigenlijk|correctie|of\ beter|vänta|nej\b|vent\b|czekaj|nie\b\s*,|jednak
        |właściwie|bekle|hayır|aslında|tunggu|tidak\b\s*,|sebenarnya)
      | (?:подожди|постой|стоп\b|нет\b\s*[,.!—–-]|лучше\b|на\ самом\ деле|поправка|исправл
        |вернее|точнее|хотя\ нет|передумал|погоди)
      | (?:等等|等一下|等下|不对|不對|不，|不,|不是|其实|其實|更正|纠正|糾正|修正|重新|我改
      |改为|改為|改成|还是选|说错|說錯|哦不)
      | (?:待って|いや|いいえ|違う|違います|訂正|やっぱり|やはり|むしろ|実は|間違え)
      | (?:잠깐|잠시만|아니|정정|다시|사실|오히려|실수)
      | (?:انتظر|لا،|لا\ ،|في\ الواقع|تصحيح|بل\b)
    )
    | \b(?:chang(?:e|ed|ing)|switch(?:ed|ing)?|correct(?:ed|ing)?|revis(?:e|ed|ing)
      |amend(?:ed)?|updat(?:e|ed|ing)|withdr[ae]w|retract|reconsider(?:ed|ing)?|rethink)\ (?:my
      |the|that|this|it|to)\b
    | \bchanged?\ (?:my\ )?mind\b | \b(?:take|taking|took)\ (?:it|that|this|my\ \w+)\ back\b
      | \bI\ (?:withdraw|retract)\b
    | \bI\ (?:meant?|misread|misspoke|miscounted|miscalculated|overlooked|made\ (?:a
      |an)\ (?:mistake|error)|was\ wrong)\b
    | \b(?:that|this|it|which|above|answer|move|choice)(?:'s|’s|\ is|\ was
      |\ would\ be)\ (?:actually\ |clearly\ |in\ fact\ |not\ (?:a\ )?)?(?:wrong|a\ (?:mistake
      |blunder|typo)|an?\ (?:error|illegal)|illegal|invalid|not\ (?:legal|allowed|possible|in
      |on)|legal|taken|occupied|losing|impossible|incorrect|already)\b
    | (?:^|[.!?,;:\n])\s*(?:this|that|it)\ (?:hangs|loses|fails|blunders|does\ not\ work
      |doesn['’]t\ work|won['’]t\ work)\b
    | (?:^|[.!?;\n])\W*(?:but\ )?(?:unless|except|provided|only\ if|if\ not)\b | \b(?:answer
      |move|choice|action)\ (?:only\ )?if\b
    | \bif\s+(?:it|that|this|not|the\ \w+|\w\d+)\b[^.!?\n]{{0,15}}\b(?:free|taken|legal|illegal
      |available|allowed|possible|occupied|open|empty|valid|invalid)\b
    | \bif\s+(?:this|that|it|my|the\s+(?:above|move|answer|action))\b | \b(?:hold|hang)\ on\b
      | \bone\ moment\b
    | \b(?:examples?|drafts?|placeholder|tentative(?:ly)?|preliminary|provisional(?:ly)?
      |for\ now)\b
    | \b(?:resign|give\ up|forfeit|concede|surrender|undecided|unsure)\b
      | \bnot\ (?:\w+\ )?(?:sure|certain|final)\b | \bdecide\ later\b | \bI\ don['’]t\ know\b
    | \bnot\ (?:really\ |actually\ )?(?:my|the|an?|what\ I)\ (?:\w+\ )?(?:answer|move|choice
      |action|want\w*|mean\w*|intend\w*)\b
    | (?<!['’]s\ )(?<!\bhis\ )(?<!their\ )(?<!\bno\ )(?<!without\ )\b(?:mistake|wrong|erroneous
      |typo|incorrect|oversight|slip)\b
    | \b(?:versehen\w*|fehler|falsch|korrigier\w*|geirrt|vertan|zurücknehm\w*|erreur|trompée?
      |corrige|annule|equivo\w+|corrijo|anulo|sbagliat\w*|errore|correggo|annullo|errei|engano
      |enganei|fout|vergis\w*|herroep|ошиб\w*|исправ\w*|отмен\w*|błąd|pomył\w*)\b
    | 等等|不对|不對|改成|改为|改為|改下|改走|错了|錯了|弄错|说错|选错|更正|纠正|撤回|应该是|應該是
      |算了|待って|間違|訂正|やっぱり|変更|잠깐|정정|실수|취소|바꾸|خطأ|تصحيح
    | \A\W*\? | \baction\W{{0,3}}\? | \b(?:is|would|was|will|does|did|should|may)\ (?:that|this
      |it|I)\b[^.!?\n]{{0,60}}\? | \bkidding\b | \bjoking\b | \bI\ lied\b
    | \binstead\b(?!\ of) | \bon\ second\ thought | \bnot\ in\ (?:the|my)\ list\b | \b(?:would
      |will|should|might)\ (?:rather|prefer\ to)\b
    | \bI['’]d\ (?:rather|prefer) | \b(?:is|was|are)\ (?:even\ |much\ |clearly\x20
      |actually\ )?(?:better|stronger|wiser|safer|preferable)\b(?!\ than\b)
    | \bstattdessen\b | \blieber\b | \bdoch\ (?:besser|lieber)\b | \bà\ la\ place\b
      | \bplutôt\b | \ben\ (?:su\ lugar|lugar\ de\ eso|vez\ de\ eso)\b
    | \bem\ vez\ disso\b | \binvece\b(?!\ di) | \bпередумал | \bвместо\ этого\b | 改选|改選
      |改下|换成|換成|改主意|代わりに|대신에?\b|بدلا\ من\ ذلك
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Words that take a statement back or put another in its place."""

HEDGES = re.compile(
    rf"""{_SENTENCE}(?:alternatively\b | or\b(?!\ (?:rather|better)\b) | (?:either|else
      |otherwise|maybe|perhaps|another\ (?:option|idea|possibility))\b | oder\b(?!\ (?:besser
      |doch)) | ou\b(?!\ (?:plutôt|melhor)) | o\b(?!\ (?:mejor|meglio))\s | или\b | 或者 | 还是
      | 還是 | または | あるいは | 또는 | أو\b | alternativ)
    | \b(?:also|equally|just\ as|as\ well|too)\ (?:good|fine|possible|strong|playable|works?
      |win|wins)\b""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Words that offer another move without putting it in place of the first."""

STRONG = re.compile(
    rf"""{_SENTENCE}(?:wait\b(?!\ (?:for|until|till|and)\b)|h+m+\b|oops|actually\b
      |no\b(?=\s*[,!—])|correction\b|(?:scratch|strike|disregard)\ that|on\ second\ thought)
    | \bchanged?\ my\ (?:mind|answer|move)\b | \b(?:take|taking)\ (?:it|that)\ back\b
      | \binstead\b(?!\ of)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""The same where much prose is expected: in the rest of an answering object."""

FINAL = re.compile(
    r"""(?:\b(?:final|actual|definitive|real|ultimate|corrected|revised|chosen
      |selected)\ (?:\w+\ ){0,2}(?:answer|move|choice|action|decision|reply|response|output
      |verdict|selection|json)\b[^\n.!?]{0,40}
      | \b(?:final(?:ly)?|corrected|revised|in\ conclusion|conclusion|verdict|decision)
      | \bI(?:['’]ll|\ will)?\ (?:now\ |therefore\ |finally\ )?(?:go\ with|choose|pick|select
        |settle\ (?:on|for)|decide\ (?:on|for)|opt\ for)\b[^\n.!?]{0,40}
      | \b(?:endgültige?r?|schließlich|définitive|definitiva|итоговый
        |окончательный)\b[^\n.!?]{0,40}
      | (?:最终|最後の|最終|최종)[^\n。！？]{0,20})
    [\s:*_`#"'—–=>]*(?:```\w*\s*)?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words at the end of a text that announce the final answer."""

_WHO_ELSE = (
    r"(?:(?:my|the|your|our)\s)?(?:opponent|enemy|rival|adversary|other\splayer"
    r"|other\sside|gegner|adversaire|rival|oponente|avversario|соперник|противник|对手|對手|相手|상대)"
)

_SPEAKER = (
    r"\b(?:dealer|referee|moderator|game\ ?master|environment|judge|coach|friend|engine"
    r"|stockfish|book|user|human|you|somebody|someone|everyone|beginners?|computer)"
)

PLAYED_ON = re.compile(
    rf"""(?:^|\n)[\W_]{{0,12}}(?:observation|user|human|system|environment|env|assistant
      |moderator|game\ ?master|referee|dealer|host
        |question|input|feedback|response\ from|legal\ moves|moves\ so\ far|new\ (?:board|state
          |position)|current\ (?:board|state|position)|board|state
        |{_WHO_ELSE}(?:['’]s)?(?:\ \w+){{0,3}}|player\ \w+|[xo]|white|black|next|then|later
          |turn|round|move|step|ply|thought\ \d+|action\ \d+
        |beobachtung|runde|zug|tour|coup|turno|jugada|ход|раунд|回合|轮
        |第)\b[^\n:：.]{{0,30}}[:：]
    | \b(?:next|following|second|third|2nd|3rd|another|subsequent|future|later|new|last
      |previous)\ (?:\w+\ )?(?:turn|round|move|game|ply|step|hand|trick|action)s?\b
    | \b(?:turn|round|move|step|ply|hand)\ \#?\d | \b(?:your|my|his|her|their|our|[XO]['’]s
      |opponent['’]s)\ turn\b | \bit['’]?s?\ (?:is\ )?(?:now\ )?(?:your|my|[XO]['’]s)\ turn\b
    | \b(?:O|X|white|black|player\ \w+|they|he|she)['’]s\b | (?:^
      |\n)\s*[\[(<]\w[\w ]{{0,20}}[\])>] | \b(?:O|X|white|black|opponent|he|she)\ is\ forced\b
    | (?:\b{_WHO_ELSE}|\b(?:O|X|white|black|he|she|they|player\ \w+|opponent))\ (?:then\ |now\x20
      |will\ |would\ |might\ |could\ |may\ |can\ |likely\ |probably\ )*(?:plays?|played|moves?
      |moved|answers?|answered|replies|reply|replied|responds?|responded|chooses?|chose|takes?
      |took|goes|bets?|raises?|calls?|folds?|passes|places?|blocks?|counters?|captures?
      |recaptures?)\b
    | (?:^|[\n.;,])\s*(?:after\ (?:that|this|which)|afterwards|and\ then|then,?\ (?:I|we|he|she
      |they|O|X|you)\b|now\ (?:the|O|X|it|I\ play)|if\ (?:he|she|they|O|X|the|my)\b)
    | \x04 | \bobservation\s*:
    | 下一步|下一手|下一轮|下一回合|对手(?:下|走|选|会)|轮到|次の手|相手は|다음 (?:차례|수|턴)
    |nächste[rn]?\ (?:zug|runde)
      |prochain\ (?:coup|tour)|próxim[oa]\ (?:turno|jugada|movimiento)|prossim[oa]\ (?:mossa
      |turno)|следующ\w+\ (?:ход|раунд)|gegner\ (?:spielt|setzt|zieht|antwortet)
      |adversaire\ (?:joue|répond)|(?:rival|oponente)\ (?:juega|responde)|соперник\ (?:ходит
      |играет|отвечает)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Words of a game that goes on: other players, an environment, a later turn."""

SOMEBODY_ELSE = re.compile(
    r"^[\W_]{0,12}(?:observation|user|human|system|environment|moderator|game ?master|legal moves|"
    r"moves so far|it is your turn)\b(?:\s*\d*\s*[:：]|[.\n]|$)|\x04",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that starts a part of somebody else: whatever follows is no longer about the answer."""

OTHERS_LINE = re.compile(
    rf"^[\W_]{{0,12}}(?:{_WHO_ELSE}\b[^\n:：.]{{0,40}}|(?:expected|likely|possible"
    rf"|predicted)\ (?:reply|response"
    rf"|reaction|answer|counter)\b[^\n:：.]{{0,20}})[:：].*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line about the move that an opponent makes."""

NOT_OWN = re.compile(
    rf"""\b(?:examples?|for\ instance|sample|template|placeholder|dummy|illustration
      |beispiel\w*|exemple|ejemplo|esempio|exemplo|например|пример\w*|przykład)\b(?!.*\b(?:my
      |actual|final|real)\b)
      | \be\.g\. | 例如|比如|例[:：]|たとえば|例えば|예를\ 들어|예[:：]|مثال
      | ^[\W_]*(?:the\ )?(?:\w+\ ){{0,2}}(?:format|schema)\s*(?:is|was|would\ be|looks?
        |should\ be)[^.!?\n]{{0,40}}$ | ^[\W_]*(?:expected\ |required\ |requested\ |output\x20
        |reply\ )?(?:format|schema)\W*$ | \bin\ the\ (?:form|shape)(?:\ of)?\W*$
        | \bsomething\ like\W*$ | \bsuch\ as\W*$
      | {_WHO_ELSE}(?:['’]s)?\s+(?:(?!my\b|I\b|so\b)[\w-]+\s+){{0,2}}(?:moves?|repl(?:y|ies)
        |response|responds?|answers?|action|turn|plays?|choice|chooses?|says?|said|option
        |counter\w*)\W*$
      | {_SPEAKER}(?:['’]s)?\s+(?:\w+\s+){{0,2}}(?:says?|said|told|suggests?|suggested
        |recommends?|recommended|plays?|played|wants?|wanted|moves?|action|answers?|replies
        |choice)\b[^.!?\n]{{0,12}}$
      | (?:{_WHO_ELSE}|\b(?:he|she|they|opponent))\s+(?:will|would|might|may|could|can|must
        |should|shall|probably|likely|then|wants\ to|is\ going\ to)\s+[\w\s]{{0,30}}$
      | \b(?:previous|last|earlier|prior|past|next|following|future)\s+(?:\w+\s+)?(?:turn|round
        |move|reply|action|game|time)\b[^.!?\n]{{0,30}}$
      | (?:对手|對手|相手|상대)\S{{0,8}}[:：]?\s*$ | \bgegner\w*\s+(?:antwort\w*|zug|spielt|setzt
        |zieht)\W*$""",
    re.VERBOSE | re.IGNORECASE,
)
"""An introduction of something that is not the model's own answer of this turn."""

DOUBTED = re.compile(
    r"""\bnot\s+(?:this|that|these|it|recommended|good|allowed|legal|playable)?\W*$
      | \b(?:should|shall|could|can|may|might|would|must)\s+(?:I|we)\b[^.!?\n]*$ | \b(?:tempt
      |attract)\w*\b[^.!?\n]{0,20}$
      | \b(?:never|not|n['’]t|cannot|refuse\ to|decline\ to)\s+(?:just\ |simply\x20
        |ever\ )?(?:say|answer|play|reply|respond|choose|output|write|pick|use|send|give|state
        |submit|recommend)\b[^.!?\n]{0,30}$
      | \b(?:worst|bad|wrong|illegal|invalid|losing|forbidden|incorrect|rejected|discarded
        |weakest|poor)\s+(?:\w+\s+){0,2}(?:moves?|answer|reply|choice|action|option|response
        |idea)\b[^.!?\n]{0,20}$
      | \b(?:instead\ of|rather\ than|as\ opposed\ to|unlike|avoid(?:ing)?)\W*$
      | \bif\ [^.!?\n]*$ | ^[\W_]*(?:else|otherwise|unless|in\ case)\b[^.!?\n]*$
        | \bhypothetical\w*[^.!?\n]*$
      | \b(?:option|candidate|alternative|possibility|variant|choice|idea|line|plan|draft
        |attempt)\ *(?:\#?\d+|[A-F])\b(?!.*\b(?:I|my|go\ with|final|best)\b)[^.!?\n]{0,20}$
        | ^[\W_]*(?:candidates?|alternatives?|drafts?|options|possibilities|maybe|perhaps
        |first\ (?:idea|thought|draft)|initial\ (?:idea|thought|draft))\b[^.!?\n]{0,20}$""",
    re.VERBOSE | re.IGNORECASE,
)
"""An introduction that denies an answer, makes it conditional or offers it as one of several."""

SUPPOSED = re.compile(
    r"\b(?:suppos\w+|what if|imagin\w+|assum(?:e|ing)|pretend\w*|let['’]?s say"
    r"|hypothetical\w*|(?:should|shall|can|could|may|must|would) I)\b[^.!?\n]*$"
    r"|\b(?:says|said|thinks|claims|suggests)\b(?:\s+\w+){0,3}\W*$"
    r"|\b(?:(?<!answer )(?<!choice )(?<!move )(?<!action )(?<!I )would|could|might)\b"
    r"(?:\s+\w+){0,3}\W*$"
    r"|\b(?:invalid|wrong|incorrect|illegal|bad|rejected|forbidden|outdated|old)\b\W*$",
    re.IGNORECASE,
)
"""An introduction that only supposes an answer, or reports it as bad or as somebody's words."""

OWN = re.compile(
    r"\b(?:so|now)\W*$|\bI should\b|\b(?:my (?:\w+ )?(?:answer|reply|response|move|choice|action"
    r"|decision)|final|actual|so I|I (?:will|choose|go|play|pick|take|select|answer|reply|decide"
    r"|respond)|I['’]ll|hence|therefore)\b(?!\s+(?:never|not)\b)",
    re.IGNORECASE,
)
"""Words that introduce the model's own answer, whatever else the line says."""

EXPLAINS = re.compile(
    r"""\b(?:reason\w*|rationale|explanation|analysis|justification|because|since|so\ that
      |weaker|worse|inferior|slower|respond\w*
      |as\ it|prevent\w*|block\w*|stop\w*|threat\w*|opponent\w*|next|then|later|after\w*|before
      |if|when|would|could|might|than|over|instead\ of|rather\ than
      |taken|occupied|open\w*|follow\w*|fork\w*|attack\w*|defend\w*|protect\w*|control\w*
        |leav\w+|keep\w*|from|between|with|against|beat\w*|los\w+|win\w*|already|toward\w*
        |unlike|whereas|while|cover\w*|connect\w*|expect\w*|plan\w*|idea|prepar\w*|aim\w*
        |allow\w*|support\w*|develop\w*|consider\w*|thought|tempting|weigh\w*|compar\w*|deny
        |denies|avoid\w*
      |weil|denn|da|damit|droh\w*|blockier\w*|gegner\w*|sonst|wenn|danach|dann|verhinder\w*
        |statt|car|parce|puisque|afin|bloqu\w*|menac\w*|adversaire|sinon|si|ensuite|empêch\w*
        |contre
      |porque|pues|para|bloque\w*|amenaz\w*|rival|evita\w*|luego|después|contra|impede|ameaç\w*
        |adversário|depois|perché|blocca\w*|minaccia\w*|avversario|poi|evit\w*|потому|чтобы
        |блокир\w*|угро\w*|соперник\w*|если|затем|иначе)\b
      | 因为|因為|阻止|防止|威胁|威脅|对手|對手|如果|否则|否則|然后|下一|ため|ので|防ぐ|相手
      |もし|次|때문|막|상대|만약|다음|لأن|لمنع|الخصم
        |إذا""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words of a sentence that explains an answer, and so may name other moves."""

LATER = re.compile(
    r"\b(?:next|then|later|after\w*|follow\w*|if|when|would|could|might|threat\w*|turn|soon"
    r"|eventually|river|flop|showdown|endgame|rounds?|hands?|future)\b",
    re.IGNORECASE,
)

BLOCKS = re.compile(
    r"\b(?:block|stop|prevent|deny|blockier|verhinder|bloqu|bloc|droh|threat|menac|amenaz|ameaç|minacc|угрож|empêch|evit|impid|imped|блокир"
    r"|меша)|阻|防|堵|威胁|威脅|막",
    re.IGNORECASE,
)

DECIDES = (
    r"(?:\bI(?:['’]ll|['’]m|['’]d)?\b|\b(?:let['’]?s|let\ me|play|choose|choosing|pick|take"
    r"|select|go\ with)\b"
    r"|\b(?:final|best|better|new|correct|right|my)\b(?:\s+(?:move|answer|choice|action|decision"
    r"|play))?"
    r"|\b(?:move|answer|choice|action|decision|verdict)\s*(?:is|:|=)|\bich\b|\bje\b|\bmein\b"
    r"|\bmon\b|\bmi\b|\bя\b|我|選|选|下)"
    r"(?:(?!\b(?:of|than|over|not|because|since|as|so|to|consider\w*|thought|expect|fear|hope|guess|looked|compared"
    r"|wanted|tried|reject\w*|avoid\w*"
    r"|discard\w*|move)\b)[^\n.!?;]){0,24}?"
)

PRAISE = (
    r">|(?:also\s+)?wins?\b|seems|looks|works|beats|first\b|instead|is\b(?!\s+(?:taken|occupied"
    r"|already|a\s+threat|"
    r"O\b|blocked|weak\w*|bad|worse|now|no\b|not\b|too|still|then|next))"
)
"""What praises the move just named."""

DISTANT = re.compile(r"(?<!\d)[.!?;]+(?=\s|$)|\n+|[。！？；]+")

AGAINST_BEFORE = (
    r"\b(?:better|stronger|safer|wiser|preferable)\s+(?:\w+\s+)?(?:than|to)|\b(?:instead\s+of"
    r"|rather\s+than|over|not|avoid|"
    r"never|without|against|withdraw|forget|drop|statt|pas|no|не|nicht|anstatt)|不(?:选|下|走|要)?"
)

AGAINST_AFTER = (
    r"loses|fails|hangs|blunders|is\s+(?:already\s+|not\s+|a\s+)?(?:taken|illegal|occupied|wrong"
    r"|bad|mistake|blunder|weak|impossible|"
    r"legal|available|possible|losing|refuted)|was\s+(?:a\s+|an\s+|wrong|my\s+first)"
    r"|does(?:\s+not|n['’]t)|won['’]?t|can(?:not|['’]t)|"
    r"isn['’]t|would\s+(?:lose|fail|hang|be\s+(?:a\s+)?(?:bad|mistake|blunder|wrong|illegal))"
    r"|verliert|perd|pierde|perde|проигрывает"
)

FENCE = re.compile(r"\n?[^\S\n]*```\w*\n?\Z")

OPPONENT = re.compile(rf"(?:^|\W){_WHO_ELSE}", re.IGNORECASE)

CONTINUES = re.compile(r"[\s,`*_]*(?:\?|[a-z]+\b(?!\s*[:=]))")
