"""The forms in which models state an answer, as patterns; builder.scoring.answers says what they mean."""

# ruff: noqa: E501 - a pattern is read whole
from __future__ import annotations

import re

# Full-width letters, digits and punctuation of East Asian keyboards, sign by sign: positions stay.
FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3001: ",", 0x3000: " ", 0x00A0: " "}
ANY_CASE = re.IGNORECASE
MARK = r"[ \t*_`#>~\"'“”‘’「」$]*"
TAGS = "think|thinking|reasoning|scratchpad|analysis"
THOUGHT = re.compile(rf"<({TAGS})>.*?</\1>", re.DOTALL | ANY_CASE)
THOUGHT_OPENS = re.compile(rf"<(?:{TAGS})>", ANY_CASE)
THOUGHT_CLOSES = re.compile(rf"</(?:{TAGS})>", ANY_CASE)  # the prompt's template opened it

NOUN = r"(?:answers?|options?|choices?|selections?|statements?|letters?|ones?)(?:[ \t]?\(s\))?"
ANSWER = rf"(?:(?:final|correct|best|right|chosen|selected|true|my)[ \t]+)+{NOUN}|answers?(?:[ \t]?\(s\))?"
LINE = re.compile(
    rf"^{MARK}[-•]?{MARK}(?:(?:so|hence|therefore|thus)[, \t]+)?(?:(?:the|my)[ \t]+)?(?:{ANSWER}|答案|Antwort|R[ée]ponse|Respuesta)"
    rf"(?:[ \t]+(?:is|are)|是|为)?{MARK}[:=](?P<value>[^\n]*)",
    ANY_CASE | re.MULTILINE,
)
INLINE = re.compile(
    r"(?<![\w\"'“‘`«<\[])(?:(?:FINAL )?ANSWERS?|(?i:(?:actually|final|correct|my|the)[ \t]+answers?)):(?P<value>[^\n]*)"
)  # in capitals it is the contract's word
TAG = re.compile(r"<(?P<name>answer|final_answer|ans|choice)>(?P<value>[^<]{0,2000})(?P<end></(?P=name)>)?", ANY_CASE)
BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{(?P<value>(?:[^{}\n]|\{[^{}\n]*\}){0,2000})(?P<end>\})?")
KEY = re.compile(
    r"[\"'](?:final_?answers?|answers?|choices?|selected(?:_options?)?|selections?|correct_?(?:options?|answers?))[\"']\s*:\s*",
    ANY_CASE,
)
VERB = r"(?:is|are|would[ \t]+be|must[ \t]+be|should[ \t]+be|will[ \t]+be)"
NAMED = re.compile(
    rf"\b(?:(?:the|my|our|only)[ \t]+)?(?:{ANSWER})(?:[ \t]+(?:here|to[ \t]+(?:this|the)[ \t]+question))?[ \t]+{VERB}"
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
    rf"(?:^|[.!:;][ \t]+|\b(?:[Tt]herefore|[Tt]hus|[Ss]o|[Hh]ence),?[ \t]+){MARK}(?P<value>(?:[Bb]oth[ \t]+|[Oo]nly[ \t]+)?(?i:{ONE})"
    rf"(?:(?:[ \t]*,[ \t]*(?:and[ \t]+)?|[ \t]*&[ \t]*|[ \t]+and[ \t]+|[ \t]+or[ \t]+)(?i:{ONE}))*)[ \t]+(?:is|are)[ \t]+"
    r"(?:both[ \t]+|all[ \t]+|the[ \t]+|only[ \t]+)*(?:correct|right|true)\b(?P<rest>[^\n.;!]{0,80})",
    re.MULTILINE,
)
NONE_HOLDS = re.compile(
    r"(?:^|[.!:;][ \t]+|\bso[ \t]+)none of (?:the|these|them)\b[^\n.]{0,40}\b(?:correct|right|true|hold|apply)", ANY_CASE | re.M
)
# In front of a statement these take it back or make it a question.
UNSAID = re.compile(
    r"(?:n['’]t|\b(?:if|whether|unless|suppose|supposing|assuming|assume|imagine|not|never|why|could|might|may|maybe|perhaps|claims?|argue)\b)"
    r"(?:(?!\b(?:but|however|so)\b|;)[^.!?\n]){0,60}\Z",
    ANY_CASE,
)
LEAD = re.compile(
    r"(?:(?:I[ \t]+(?:think|believe|guess|would[ \t]+say)(?:[ \t]+(?:that|it(?:'s|[ \t]+is)))?|(?:most[ \t]+)?(?:probably|likely)|definitely|clearly|simply"
    r"|only|just|both|either|the|it(?:'s|[ \t]+is)|(?:correct|right)(?=[ \t]+(?:option|answer|choice))|letters?|labels?)[ \t]*:?[ \t]+)+",
    ANY_CASE,
)
ITEM = re.compile(
    r"(?:(?:options?|choices?|statements?|answers?)[ \t]*)?(?P<open>[(\[{\"'“‘*_`]*)(?P<label>[^\W_]{1,12})(?P<close>[)\]}\"'”’*_`]*)",
    ANY_CASE,
)
JOIN = re.compile(r"[ \t]*(?:(?:[,;+&、|\n][ \t]*)+(?:and\b|&)?|\band\b|\bas[ \t]+well[ \t]+as\b|\bplus\b)[ \t]*", ANY_CASE)
EITHER = re.compile(
    r"[ \t]*(?:,?[ \t]*\bor\b|/|\?|[-–—~][ \t]*(?=[A-Z]\b)|\bto\b[ \t]+(?=[A-Z]\b)|\bbut[ \t]+also\b)", ANY_CASE
)
NEXT = re.compile(r"(?:[;,\n]|\band\b|(?<=[.!])[ \t])[ \t]*[(\[*]{0,3}(?P<label>[A-Z])(?:[)\]*]{1,3}[.:]?|[.:])(?=[ \t])")
DOUBT = re.compile(
    r"\b(?:or|maybe|possibly|perhaps|not[ \t]+sure)\b[ \t]+(?:also[ \t]+|even[ \t]+|option[ \t]+)?[(\[*]*[A-Z][)\]*]*(?![\w'’])"
)
EXPLAINED = re.compile(
    r"[ \t]*(?:[.:!(–—]|-[ \t]|,[ \t]|\b(?:because|since|as|given|due|based|per|only|alone|together|respectively|with|but)\b|(?:is|are)[ \t]+(?:both[ \t]+|all[ \t]+)?(?:correct|right|true)\b|\Z)",
    ANY_CASE,
)
ALL = re.compile(
    r"(?:all|every)\b(?:[ \t]+(?:of[ \t]+)?(?:(?:the|these|them|those)[ \t]+)?(?:above|options?|choices?|statements?|answers?)|[ \t]+of[ \t]+(?:them|these|those))?",
    ANY_CASE,
)
BUT = re.compile(
    r"[ \t]*,?[ \t]*(?:except(?:[ \t]+for)?|but(?:[ \t]+not)?|excluding|other[ \t]+than|apart[ \t]+from)[ \t]+", ANY_CASE
)
NOTHING_FITS = re.compile(
    r"(?:none|neither(?![ \t]+(?:option[ \t]+)?[A-Z]\b)|no[ \t]+(?:correct[ \t]+)?(?:option|answer|choice|statement)s?)\b",
    ANY_CASE,
)
SILENT = re.compile(
    r"(?:\[\s*\]|\{\s*\}|\(\s*\)|n/?a|null|nil|blank|empty|unknown|unsure|undecided|unclear|not[ \t]+sure|no[ \t]+idea|i[ \t]+(?:do[ \t]+not|don['’]t)[ \t]+know|[-–—.…]+)[ \t.!]*\Z",
    ANY_CASE,
)
SLOT = re.compile(
    r"(?:<[^>]*>|\[[^\]]*[a-z]{3,}[^\]]*\]|\{[^}]*[a-z]{3,}[^}]*\}|\.{3}|…|your[ \t]+(?:answer|letters?|choice))", ANY_CASE
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
FOLDED = re.compile("[" + "".join(f"{chr(sign)}" for sign in FULL_WIDTH) + "]")  # is there anything to translate
NUMBER = r"{}\W{{0,6}}[:=][ \t*_\"'`]*(?P<number>\d+(?:\.\d+)?|\.\d+)[ \t]*(?P<percent>%)?(?![\w.%/]*\d)"
CONFIDENCE = re.compile(NUMBER.format("confidence"), ANY_CASE)
DIFFICULTY = re.compile(NUMBER.format("difficulty"), ANY_CASE)

# Words without which a pattern finds nothing: a text that has none of them is not searched.
NEEDS = {
    INLINE: ("answer",),
    NAMED: ("answer", "final", "correct", "best", "right", "chosen", "selected", "true", "my"),
    NONE_HOLDS: ("none of ",),
    VERDICT: ("correct", "right", "true"),
    CONFIDENCE: ("confidence",),
    DIFFICULTY: ("difficulty",),
}
ODD_CASES = ("\u0130", "\u0131", "\u017f")  # in any case, a pattern takes these for i, i and s


def may_match(pattern: re.Pattern[str], text: str) -> bool:
    """False only where the pattern finds nothing in the text."""
    lower = text.lower()
    return any(word in lower for word in NEEDS[pattern]) or any(odd in text for odd in ODD_CASES)
