"""The forms in which models state an answer, as patterns; builder.scoring.answers says what they mean."""

# ruff: noqa: E501 - a pattern is read whole
from __future__ import annotations

import re

# No pattern has two repeats side by side that take the same sign: a text of any length is read in linear time.

# Full-width letters, digits and punctuation of East Asian keyboards, sign by sign: positions stay.
FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3001: ",", 0x3002: ".", 0x3000: " ", 0x00A0: " "}
ANY_CASE = re.IGNORECASE
MARK = r"[ \t*_`#>~\"'“”‘’「」$]*+"
NOUN = r"(?:answers?|options?|choices?|selections?|statements?|letters?|ones?|guess)(?:[ \t]?\(s\))?"
LIKELY = (
    r"(?:most|likely|probable|plausible|appropriate|accurate|reasonable|logical|suitable|complete|full|only|single|intended|expected|actual|overall"
    r"|ultimate|definitive|proper|real|revised|updated|corrected|new)[ \t]++"
)  # of an answer, with an article
ANSWER = (
    rf"(?:(?:final|correct|best|right|chosen|selected|true|my)[ \t]++){{1,4}}{NOUN}|(?:{LIKELY}){{0,3}}answers?(?:[ \t]?\(s\))?"
)
LINE = re.compile(
    rf"^{MARK}[-•]?+{MARK}(?:(?:so|hence|therefore|thus)[, \t]+)?(?:(?:the|my)[ \t]+)?(?:{ANSWER}|(?:正确|最终|我的)?答案|Antwort|R[ée]ponse|Respuesta)"
    rf"(?:[ \t]+(?:is|are)|是|为|应为|应该是)?{MARK}[:=](?P<value>[^\n]*)",
    ANY_CASE | re.MULTILINE,
)
INLINE = re.compile(
    r"(?<![\w\"'“‘`«<\[])(?:(?:FINAL )?ANSWERS?|(?i:(?:actually|final|correct|my|the)[ \t]+answers?)):(?P<value>[^\n]*)"
)  # in capitals it is the contract's word
TAG = re.compile(r"<(?P<name>answer|final_answer|ans|choice)>(?P<value>[^<]{0,2000})(?P<end></(?P=name)>)?", ANY_CASE)
BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{(?P<value>(?:[^{}\n]|\{[^{}\n]*\}){0,2000})(?P<end>\})?")
KEY = re.compile(
    r"[\"'](?:(?P<named>final_?answers?|answers?|selected(?:_options?)?|correct_?(?:options?|answers?))|choices?|selections?)[\"']\s*+:\s*+",
    ANY_CASE,
)
VERB = r"(?:is|are|would[ \t]+be|must[ \t]+be|should[ \t]+be|will[ \t]+be)"
NAMED = re.compile(
    rf"\b(?P<article>(?:the|my|our|only)[ \t]++)?(?:{ANSWER})(?:[ \t]+(?:here|to[ \t]+(?:this|the)[ \t]+question))?[ \t]+{VERB}"
    r"(?:[ \t]+(?:therefore|thus|clearly|indeed|then|simply|definitely))?[ \t]*:?(?=(?P<value>[^\n]{0,400}))",
    ANY_CASE,
)
CHOSEN = re.compile(
    r"\bI(?:'d|’d|'ll|’ll|[ \t]+would|[ \t]+will|[ \t]+must|[ \t]+have[ \t]+to|[ \t]+am|'m|’m)?[ \t]+(?:(?:therefore|thus|finally)[ \t]+)?"
    r"(?:choose|select|pick|chose|selected|picked|go(?:ing)?[ \t]+with|went[ \t]+with|settle[ \t]+on|opt[ \t]+for|choosing|selecting"
    r"|answer(?:[ \t]+with)?)[ \t]*:?(?=(?P<value>[^\n]{0,400}))",
    ANY_CASE,
)
ONE = r"(?:options?[ \t]+|statements?[ \t]+)?[(\[*]{0,3}[A-Z][)\]*]{0,3}"
VERDICT = re.compile(
    rf"(?:^|[.!:;][ \t]++|\b(?:[Tt]herefore|[Tt]hus|[Ss]o|[Hh]ence|However|But|Also|And|Actually),?[ \t]++){MARK}(?P<value>(?:[Bb]oth[ \t]+|[Oo]nly[ \t]+)?(?i:{ONE})"
    rf"(?:(?:[ \t]*,[ \t]*(?:and[ \t]+)?|[ \t]*&[ \t]*|[ \t]+and[ \t]+|[ \t]+or[ \t]+)(?i:{ONE}))*)[ \t]+(?:is|are)[ \t]+"
    r"(?:both[ \t]+|all[ \t]+|the[ \t]+|only[ \t]+)*(?:correct|right|true)\b(?P<rest>[^\n.;!]{0,80})",
    re.MULTILINE,
)
NONE_HOLDS = re.compile(
    r"(?:^|[.!:;][ \t]+|\bso[ \t]+)(?:none of (?:(?:the|these|those)[ \t]+(?!other|remaining)(?:\w{1,20}[ \t]+){0,2}?(?:options?|choices?|statements?|answers?|claims?)"
    r"|these|them|the[ \t]+above)\b[^\n.]{0,25}?\b(?:correct|right|true|hold|apply)|(?:all[ \t]+(?:of[ \t]+)?(?:(?:the|these)[ \t]+)?(?:options|choices|statements|answers)|all)[ \t]+are[ \t]+(?:wrong|false|incorrect)"
    r"|there[ \t]+(?:is|are)[ \t]+no[ \t]+(?:correct|right|true|valid)[ \t]+(?:options?|answers?|choices?|statements?))\b(?P<rest>[^\n.]{0,80})",
    ANY_CASE | re.M,
)
# In front of a statement these take it back or make it a question.
UNSAID = re.compile(
    r"(?:n['’]t|如果|假如|假设|若|是否|不认为|\b(?:if|whether|unless|suppose|supposing|assuming|assume|imagine|not|never|why|could|might|may|maybe|perhaps|claims?|argue)\b)"
    r"(?:(?!\b(?:but|however|so)\b|;)[^.!?\n]){0,60}\Z",
    ANY_CASE,
)
LEAD = re.compile(
    r"(?:(?:I[ \t]+(?:think|believe|guess|would[ \t]+say)(?:[ \t]+(?:that|it(?:'s|[ \t]+is)))?|(?:most[ \t]+)?(?:probably|likely)|definitely|clearly|simply"
    r"|only|just|both|either|the|it(?:'s|[ \t]+is)|(?:correct|right)(?=[ \t]+(?:option|answer|choice))|letters?|labels?)[ \t]*:?[ \t]+)+",
    ANY_CASE,
)
ITEM = re.compile(
    r"(?:(?:options?|choices?|statements?|answers?|选项)[ \t]*)?(?P<open>[(\[{\"'“‘*_`]*)(?P<label>[A-Za-z0-9](?![^\W_一-鿿])|[^\W_]{1,12})(?P<close>[)\]}\"'”’*_`]*)",
    ANY_CASE,
)
AND = r"(?:and\b|also\b|plus\b|as[ \t]+well[ \t]+as\b|(?-i:(?:et|und|y)\b(?=[ \t]+[(\[*]{0,3}[A-Z]\b)))"
JOIN = re.compile(rf"[ \t]*+(?:(?:[,;+&、|\n][ \t]*+)++(?:{AND}|&)?|\b{AND}|和|与|及|以及)[ \t]*+(?:also\b[ \t]*+)?", ANY_CASE)
EITHER = re.compile(
    r"[ \t]*+(?:,?[ \t]*+\bor\b|/|\?|[-–—~][ \t]*+(?=[A-Z]\b)|\bto\b[ \t]+(?=[A-Z]\b)|\bbut[ \t]+also\b)", ANY_CASE
)
NEXT = re.compile(
    r"(?:[;,\n]|\band\b|(?<=[.!])[ \t])[ \t]*+[(\[*]{0,3}(?P<label>[A-Z])(?:[)\]*]{1,3}[.:]?|[.:])(?=[ \t]+(?P<against>(?:is|was|are|not|fails?|cannot|does)\b)?)"
)
AGAINST = re.compile(r"[ \t]*+(?:is|was|are|fails?|cannot|does|not|wrong|incorrect|false|ruled|excluded)\b")
ASIDE = re.compile(r"[ \t]*+\([^()\n]{2,200}\)")
BEYOND = re.compile(r"[ \t]*+(?::[ \t]*+[A-Z][ \t.]*\Z|\([ \t]*+(?:and|also|plus|,)[ \t]+[A-Z]\b)")  # "A: B", "A (and B)"
DOTTED = re.compile(r"[A-Z](?:\.[ \t]*+[A-Z])+\.?[ \t]*\Z")
SHARE = re.compile(r"(?:0?[.,]\d+|[01](?:\.0+)?|\d{1,3}[ \t]?%)[ \t]*(?:[,;)\]]|\Z)")
GAP = re.compile(r"[ \t]*(?=[(\[])(?<=[)\]])|[ \t]+(?=[(\[]?[A-Z][)\]]?(?:[ \t.]*\Z|[ \t]+[(\[]?[A-Z]\b))")
BULLET = re.compile(r"^[ \t]*+(?:[-•*+][ \t]+|\d{1,2}[.)][ \t]+(?=[*_`(\[]{0,4}[A-Za-z]\b))", re.MULTILINE)
DOUBT = re.compile(
    r"\b(?:or|maybe|possibly|perhaps|not[ \t]+sure)\b[ \t]+(?:also[ \t]+|even[ \t]+|option[ \t]+)?[(\[*]*[A-Z][)\]*]*(?![\w'’])"
)
EXPLAINED = re.compile(
    r"[ \t]*(?:[.:!(–—]|-[ \t]|,(?=[ \t一-鿿])|因为|\b(?:because|since|as|given|due|based|per|only|alone|together|respectively|with|but)\b|(?:is|are)[ \t]+(?:both[ \t]+|all[ \t]+|the[ \t]+)?(?:well[ \t]+|clearly[ \t]+|fully[ \t]+)?(?:correct|right|true|supported|valid|accurate)\b|\Z)",
    ANY_CASE,
)
# A mind changed on the way: the label that follows is another one.
CHANGED = re.compile(
    r"\A[\s,.;:(…–—-]*+no(?:[,.;!…]|[ \t]+(?:wait|it))|\bno,?[ \t]+wait\b|\bwait\b|\bchanged[ \t]+to\b|\bscratch[ \t]+that\b|\bI[ \t]+meant?\b"
    r"|\bmake[ \t]+(?:that|it)\b|\bon[ \t]+second[ \t]+thoughts?\b|\bcorrection\b|\bor[ \t]+rather\b|\A[\s,.(–—-]*+(?:(?:hm+|oh)[,.…]*+[ \t]*+)?(?:actually|rather|sorry)\b",
    ANY_CASE,
)
OTHER = re.compile(
    r"(?<![\w'’])(?P<label>[B-HJ-Z](?![\w'’-])|[AI](?![\w'’-]|[ \t]+(?!(?:is|are|and|or|holds?|too|also)\b)[a-z]))"
)  # "A grain" and "I think" name none
TAKEN_BACK = re.compile(
    r"[\s.,;:!(…–—-]*+(?:no,?[ \t]+|actually,?[ \t]+|wait,?[ \t]+){0,2}(?:that|this)(?:['’]s|[ \t]+(?:is|was))[ \t]+(?:wrong|incorrect|false|not[ \t]+(?:right|correct))\b",
    ANY_CASE,
)
ALSO = re.compile(
    r"(?<![\w'’])(?P<label>[A-Z])[)\]*]{0,3}[ \t]+(?:is|are|holds?)[ \t]+(?:also|too|equally|likewise)\b(?![ \t]+(?:not|wrong|false|incorrect))"
)
OTHERS = re.compile(r"none[ \t]+(?:of[ \t]+(?:the|these|those)[ \t]+)?(?:others?|remaining|rest)\b", ANY_CASE)
CONDITION = re.compile(
    r"[ \t]*+,?[ \t]++(?:if|when|unless|provided)\b|[ \t]*+,?[ \t]*+(?:but[ \t]+)?only[ \t]+(?:if|when)\b", ANY_CASE
)
DECOY = re.compile(
    r"[ \t]+(?:as|for|to[ \t]+be)[ \t]+(?:\w+[ \t]+){0,3}?(?:distract\w*|wrong|incorrect|false|examples?|decoys?|candidates?|baseline|reference|starting)\b",
    ANY_CASE,
)
# What is said of one label after another: "A (correct), B (incorrect)".
HOLDS = re.compile(
    r"(?:[*_`]*+[ \t]*+(?:[:=.(–—-]|\b(?:is|are)\b)[ \t(*_]*+(?:(?P<not>not[ \t]+)|(?:both|also|all)[ \t]+)?(?P<word>correct|right|true|yes|selected|incorrect|wrong|false|no|✓|✔|✅|✗|✘|❌)"
    r"|[ \t]*+(?P<mark>correct|right|true|incorrect|wrong|false|✓|✔|✅|✗|✘|❌))(?![\w'’]|-\w|[ \t]+(?!(?:because|since|as|and|but|while|whereas)\b)\w)[*_`]*+\)?",
    ANY_CASE,
)
JUDGED = re.compile(rf"(?<![\w'’-])(?-i:(?P<label>[A-Z]))[)\]]?{HOLDS.pattern}", ANY_CASE)
YES = ("correct", "right", "true", "yes", "selected", "✓", "✔", "✅")
BESIDES = re.compile(
    r"\b(?:except|other[ \t]+than|apart[ \t]+from|aside[ \t]+from|besides|but[ \t]+(?:for[ \t]+)?(?-i:(?:option[ \t]+)?[A-Z](?!\w|[ \t]+(?:is|was|comes)\b)))",
    ANY_CASE,
)
ALL_FALSE = re.compile(r"(?:[ \t]+(?:are|is))?[ \t]+(?:wrong|false|incorrect|not[ \t]+(?:correct|right|true))\b", ANY_CASE)
ALL_TRUE = re.compile(
    r"[ \t]+(?:hold|apply|(?:are|is)(?:[ \t]+(?:all[ \t]+)?(?:correct|right|true|valid|supported|selected)\b|[ \t]*+[.!]?\Z))",
    ANY_CASE,
)
# A word in front of "answer" without an article that lets it be the answer; any other takes it away: "tempting answer".
HERALD = re.compile(
    r"and|although|as|actually|because|believe|but|conclude|conclusion|finally|guess|hence|is|means|no|now|oh|ok|okay|overall|say|short"
    r"|since|so|summary|that|then|therefore|think|thus|wait|well|while|with|yes",
    ANY_CASE,
)
ECHO = re.compile(
    r"\b(?:in[ \t]+(?:this|the)[ \t]+form|formats?|formatted|template|for[ \t]+example|e\.g|such[ \t]+as|like|(?:end|ends|ending|finish|reply|respond)[ \t]+with)\b[^\n]{0,40}\Z",
    ANY_CASE,
)  # what a prompt says in front of its example
WRONGED = re.compile(
    r"\b(?:wrong|incorrect|false|bad|tempting|possible|common|example|sample|typical|invalid|rejected|other)[ \t]*+\Z", ANY_CASE
)
SHARES = re.compile(r"\b(?:confidence|difficulty)\b[*_`\"]{0,3}[ \t]{0,3}[:=]", ANY_CASE)
HEADING = re.compile(rf"^{MARK}(?:(?:the|my)[ \t]+)?(?:{ANSWER}|(?:最终|正确)?答案){MARK}\r?\n", ANY_CASE | re.M)
ABROAD = re.compile(
    r"(?:(?:答案|选项)(?:应该|应)?(?:是|为|选)|\b(?:(?:die|la|le|las|les)[ \t]+)(?:(?:richtigen?|bonnes?)[ \t]+)?(?:antwort(?:en)?|r[ée]ponses?|respuestas?)(?:[ \t]+(?:correctas?|correctes?))?"
    r"[ \t]+(?:ist|sind|lautet|est|sont|es|son))[ \t]*+:?(?=(?P<value>[^\n]{0,400}))",
    ANY_CASE,
)
BETWEEN_BOXES = re.compile(
    r"[ \t$\\()\[\]]{0,20}(?:\\(?:text|mathrm|quad)[ \t]*\{?[ \t]*)?(?:,[ \t]*(?:and\b)?|;|&|\band\b|\bet\b|\bund\b|和|(?P<or>\bor\b|/))[ \t$\\()\[\]}]{0,20}",
    ANY_CASE,
)
# One line of a list of options said again: a bullet, a label, and perhaps the option's words.
TOLD = re.compile(
    r"[ \t]*+(?P<mark>(?:[-•*+]|\d{1,2}[.)])[ \t]+)?[*_`(\[]{0,4}(?P<label>[A-Za-z]|\d{1,2})(?![\w'’])(?P<close>[*_`]{0,3}[.:)\]][*_`]{0,3}|[*_`]{0,3})[ \t]*+(?P<words>[^\n]*)\Z"
)
ALL = re.compile(
    r"(?:all|every)\b(?:[ \t]+(?:of[ \t]+)?(?:(?:the|these|them|those)[ \t]+)?(?:above|options?|choices?|statements?|answers?)|[ \t]+of[ \t]+(?:them|these|those))?",
    ANY_CASE,
)
BUT = re.compile(
    r"[ \t]*+,?[ \t]*+(?:except(?:[ \t]+for)?|but(?:[ \t]+not)?|excluding|other[ \t]+than|apart[ \t]+from)[ \t]+", ANY_CASE
)
NOTHING_FITS = re.compile(
    r"(?:none(?![ \t]+other[ \t]+than\b)|neither(?![ \t]+(?:option[ \t]+)?[A-Z]\b)|no[ \t]+(?:correct[ \t]+)?(?:option|answer|choice|statement)s?)\b",
    ANY_CASE,
)
NOTHING_ELSE = re.compile(
    r"(?:[ \t]+of[ \t]+(?:(?:the|these|those)[ \t]+)?(?:\w+[ \t]+)?(?:above|these|those|them|options?|choices?|answers?|statements?))?"
    r"(?:[ \t]+(?:is|are|holds?|appl(?:y|ies))(?:[ \t]+(?:correct|right|true|supported|valid))?)?[ \t.!*_`]*\Z",
    ANY_CASE,
)  # behind "none" that is all of a text
SILENT = re.compile(
    r"(?:\[\s*\]|\{\s*\}|\(\s*\)|n/?a|null|nil|blank|empty|unknown|unsure|undecided|unclear|not[ \t]+sure|no[ \t]+idea|i[ \t]+(?:do[ \t]+not|don['’]t)[ \t]+know|[-–—.…]++)[ \t.!]*+\Z",
    ANY_CASE,
)
SLOT = re.compile(
    r"(?:<(?=[^>]*[a-z]{2})[^>]*>|\[(?=[^\]]*[a-z]{3})[^\]]*\]|\{(?=[^}:]*[a-z]{3})[^}:]*\}|\.{3}|…|your[ \t]+(?:answer|letters?|choice))",
    ANY_CASE,
)  # of an echoed instruction
REFUSAL = re.compile(
    r"\bI(?:['’]m|[ \t]+am)[ \t]+(?:sorry|unable|not[ \t]+able)|\bI[ \t]+(?:can(?:not|['’]t|[ \t]+not)|won['’]t|will[ \t]+not|could[ \t]+not|couldn['’]t"
    r"|must[ \t]+decline|decline|refuse|(?:choose|prefer)[ \t]+not)\b|\bas[ \t]+an[ \t]+AI\b|\b(?:un|not[ \t]+)able[ \t]+to[ \t]+(?:answer|determine|help|assist|view|see|provide)"
    r"|\bcan(?:not|['’]t)[ \t]+be[ \t]+(?:determined|answered)",
    ANY_CASE,
)
FAILED = re.compile(
    r"\s*(?:Failed to obtain answer via API|Error code: \d{3}\b|(?:HTTP|API|Request|Rate ?limit|Timeout|Connection)[ _]?(?:Error|failed|timed out|exceeded)\b"
    r"|\{\s*[\"']error[\"']\s*:|\[?ERROR\]?\s*:|Traceback \(most recent call last\)|<(?:!doctype )?html\b|openai\.\w*Error)",
    ANY_CASE,
)
# The contract kept to the letter, at the end of a text: read at once, for nothing that any other pattern finds can stand in it or after it.
KEPT = re.compile(
    r"ANSWER:[ \t]*(?P<value>[A-Z](?:[ \t]*,[ \t]*[A-Z])*)[ \t]*(?:\nCONFIDENCE:[ \t]*(?P<confidence>\d+(?:\.\d+)?|\.\d+)(?P<percent>%)?[ \t]*)?"
    r"(?:\nDIFFICULTY:[ \t]*(?P<difficulty>\d+(?:\.\d+)?|\.\d+)(?P<percents>%)?[ \t]*)?\n*\Z",
    re.ASCII,
)
NUMBER = (
    r"{}\W{{0,6}}[:=][ \t*_\"'`]*(?P<number>\d{{1,30}}(?:[.,]\d{{1,30}})?|[.,]\d{{1,30}})[ \t]{{0,9}}(?P<percent>%)?"
    r"(?![\w.%/]*\d|[ \t]{{0,9}}\(how\b)"
)  # "(how sure you are": the prompt's own sentence
CONFIDENCE = re.compile(NUMBER.format("confidence"), ANY_CASE)
DIFFICULTY = re.compile(NUMBER.format("difficulty"), ANY_CASE)

# Words without which a pattern finds nothing: a text that has none of them is not searched.
NEEDS = {
    INLINE: ("answer",),
    NAMED: ("answer", "final", "correct", "best", "right", "chosen", "selected", "true", "my", "likely"),
    NONE_HOLDS: ("none of ", "there", "all"),
    VERDICT: ("correct", "right", "true"),
    HEADING: ("answer", "final", "correct", "best", "right", "chosen", "selected", "true", "my", "likely", "答案"),
    JUDGED: ("correct", "right", "true", "yes", "selected", "wrong", "false", "✓", "✔", "✅", "✗", "✘", "❌"),
    CONFIDENCE: ("confidence",),
    DIFFICULTY: ("difficulty",),
}
ODD_CASES = ("\u0130", "\u0131", "\u017f")  # in any case, a pattern takes these for i, i and s


def may_match(pattern: re.Pattern[str], text: str) -> bool:
    """False only where the pattern finds nothing in the text."""
    lower = text.lower()
    return any(word in lower for word in NEEDS[pattern]) or any(odd in text for odd in ODD_CASES)
