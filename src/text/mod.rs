//! Text in and HTML out: Markdown, sanitising, mentions, emoji.
