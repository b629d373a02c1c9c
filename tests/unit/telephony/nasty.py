"""Values that mean something to one of FreeSWITCH's parsers, for property tests and for a real switch."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = (
    "${uuid}", "$${hostname}", "${system(touch x)}", "$", "{", "}", "[", "]", "<", ">", ",", "|", "'", '"', "\\", "\\'",
    "\\,", "\\n", "\\s", "^^", "^^;", "^^:", "^^,", ":_:", ":", "_", ";", "=", "a=b", "&", "&#36;{x}", "%", "%[a=b]",
    " ", "  ", "\n", "\r\n", "\t", "\0", "\x01", "\x02", "\x1b", "\u2028", "\u200c", "\u202e", "\x85", "\ud800",
    "ARRAY::a|:b", "|:", "origination_nested_vars=true", "ORIGINATION_NESTED_VARS=true", "x-pre-process",
    "<X-PRE-PROCESS cmd=\"exec\" data=\"id\"/>", "<include>", "<?", "<!--#exec id-->", "]]>",
    "\"/><action application=\"",
    "error/USER_BUSY", "sofia/phones/9%x", "&park()", "undef", "!", "~", "#", "*", "?", "@", "@@1", "+", "(", ")",
    "api_hangup_hook", "execute_on_answer", "علی", "رضا\u200cیی", "é", "e\u0301", "😀", "x", "0", "true", "%0A",
    "%0a%0a",
)  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=20),
    st.text(alphabet=",|'\\\"{}[]<>^:_$=; \n\x01\x02ab", max_size=16),
)
"""Any text, mostly nasty."""

names = st.one_of(
    st.sampled_from(("seda_call_id", "sip_h_X-Foo", "ringback", "a", "A")),
    texts,
)
"""Mostly good names of channel variables."""
