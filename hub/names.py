"""What names and titles may be made of, and which names would pass for somebody else's.

A name is one line that stands beside others' names: no character of it may be invisible, turn the text around it, or
reach into other lines, and it must not look like the name of somebody with rights (Unicode UTS 39 calls what two names
that look alike have in common their skeleton; this one knows the look-alikes of Latin letters).
"""

import re
import unicodedata

from hub.errors import InvalidInput, invalid_field

MOST_MARKS = 4
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\u034f\u17b4\u17b5")
_SPACES = frozenset(("Zs", "Zl", "Zp", "Cc"))
_MARKS = frozenset(("Mn", "Me"))
# Unassigned here may be assigned there: this is where new emoji come.
_PICTURES = range(0x1F000, 0x1FB00)
# Default_Ignorable_Code_Point (Unicode DerivedCoreProperties) beyond the category Cf.
_IGNORABLE = re.compile("[\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u180b-\u180f\u2065\ufe00-\ufe0f\ufff0-\ufff8]")
_IGNORABLE_PLANE = range(0xE0000, 0xE1000)

# What is invisible and yet belongs to a visible sign (Unicode UTS 51): a picture's variant, joined ones, flags of tags.
_PICTURE = "[\u00a9\u00ae\u203c-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_JOINED_PICTURES = re.compile(
    f"{_PICTURE}[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTURE}[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*)+"
)
_VARIANT = re.compile(f"(?:(?<={_PICTURE})|(?<=[0-9#*]))[\ufe0e\ufe0f]")
_TAGGED_FLAG = re.compile("(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f")
# Joiners within words of scripts that write with them (RFC 5892, appendix A.1 and A.2, for whole scripts).
_JOINED_LETTERS = re.compile("(?<=[\u0600-\u08ff\u0900-\u0dff])[\u200c\u200d](?=[\u0600-\u08ff\u0900-\u0dff])")

_ROLES = ("admin", "administrator", "moderator", "sysadmin", "superuser")
_OTHERS = """mod root owner official officials operator ranger system support help helpdesk service security
    team webmaster postmaster hostmaster abuse hub frostbyte frostbytehub formermember deleteduser deleted guest guests
    everyone everybody all here channel nobody noone anonymous anybody somebody null none undefined bot assistant
    gemini"""
_FILLERS = "the a of and our your site online official real park parks national community former chat ai"
_TWINS = str.maketrans(
    "013457$!|l"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u043c\u0442\u043a\u0432\u043d\u0433\u04cf"
    "\u03b1\u03bf\u03bd\u03c1\u03c4\u03c5\u03b9\u03ba\u03b5\u03b7\u03c7\u03bc\u03b3\u03c9\u03c3"
    "\u0578\u057d\u0585\u0566\u0570\u0561\u0131\u0269\u0251\u0261\u026a\u1d00\u1d07\u1d0f\u0280\u0274\u1d05\u1d0d"
    "\u00f8\u0111\u0142\u0127\u0167\u05d5\u05e1\u0131",
    "oieastsiiiaeopcyxijsdhqwmtkbhriaovptuikenxuywonuoqhaiiagiaeorndmodihtioi",
)


def is_visible(text: str) -> bool:
    """Whether anything of the text shows."""
    return any(_shows(character) for character in text)


def check_line(field: str, text: str) -> None:
    """Refuse a name or a title that shows as nothing or holds what does not show, turns text around or towers.

    Raises InvalidInput.
    """
    if not is_visible(text):
        raise invalid_field(field, "write something here")
    for character in _without_joined(text):
        if character not in "\t\r\n" and _is_refused(character):
            raise invalid_field(field, f"has {_named(character)}, which does not show or moves what is around it")
    if has_towers(text):
        raise invalid_field(field, f"has more than {MOST_MARKS} marks on one letter, or begins with one")


def name_of(field: str, text: str) -> str:
    """A name as it is kept: composed (NFC), with single plain spaces. Raises InvalidInput."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    check_line(field, name)
    if "@" in unicodedata.normalize("NFKC", name):
        raise invalid_field(field, "has an @, which stands before usernames only")
    return name


def line_of(text: str) -> str:
    """`text` without what `check_line` refuses; "" when nothing that shows is left. For what comes from elsewhere."""
    joined = _without_joined(text)
    kept = "".join(one for one in text if one in "\t\r\n" or one not in joined or not _is_refused(one))
    lowered = re.sub(r"^[\u0300-\u036f\u20d0-\u20ff]+", "", kept)
    while has_towers(lowered):
        lowered = "".join(
            one for one in unicodedata.normalize("NFC", lowered) if unicodedata.category(one) not in _MARKS
        )
    return lowered.strip() if is_visible(lowered) else ""


def has_towers(text: str) -> bool:
    """Whether so many marks stand on one letter that they reach into other lines, or on none at the beginning."""
    height = MOST_MARKS
    for character in unicodedata.normalize("NFC", text):
        height = height + 1 if unicodedata.category(character) in _MARKS else 0
        if height > MOST_MARKS:
            return True
    return False


def skeleton(name: str) -> str:
    """What `name` has in common with all that look like it: its letters, without case, marks or look-alikes."""
    return "".join(_words(name))


def check_username(username: str) -> None:
    """Refuse a username that passes for the hub's own. Raises InvalidInput."""
    if skeleton(username) in _RESERVED:
        raise _passes("username")


def check_not_reserved(name: str) -> None:
    """Refuse a name that says its bearer has rights, or is nobody in particular. Raises InvalidInput."""
    words = _words(name)
    kept = _RESERVED | _NAMES_ONLY
    if "".join(words) in kept or _ROLE_WORDS.intersection(words):
        raise _passes("name")
    if kept.intersection(words) and set(words) <= kept | _FILLER_WORDS:
        raise _passes("name")


def too_like(field: str) -> InvalidInput:
    """The error for a name that looks like that of somebody with rights."""
    return invalid_field(field, "is too much like that of a moderator or admin: choose another one")


def _passes(field: str) -> InvalidInput:
    return invalid_field(field, "is kept for the hub itself: choose another one")


def _shows(character: str) -> bool:
    category = unicodedata.category(character)
    if category in _SPACES or category == "Cf" or character in _BLANKS:
        return False
    return category not in _MARKS or not _is_ignorable(character)


def _is_refused(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":
        return ord(character) not in _PICTURES
    return category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or character in _BLANKS or _is_ignorable(character)


def _is_ignorable(character: str) -> bool:
    return _IGNORABLE.match(character) is not None or ord(character) in _IGNORABLE_PLANE


def _without_joined(text: str) -> str:
    text = _JOINED_PICTURES.sub("", _TAGGED_FLAG.sub("", text))
    return _JOINED_LETTERS.sub("", _VARIANT.sub("", text))


def _named(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no character')})"


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(one for one in plain if unicodedata.category(one) not in _MARKS and not _is_refused(one))
    return re.findall(r"[^\W_]+", kept.translate(_TWINS).replace("rn", "m").replace("vv", "w"))


_ROLE_WORDS = frozenset(map(skeleton, _ROLES))
_RESERVED = _ROLE_WORDS | frozenset(map(skeleton, _OTHERS.split()))
_NAMES_ONLY = frozenset(map(skeleton, ("staff", "member", "visitor", "user")))
_FILLER_WORDS = frozenset(map(skeleton, _FILLERS.split()))
