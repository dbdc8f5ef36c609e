//! The words of metric math.

/// A word, a number, a sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Word(String),
    Number,
    Text,
    Open(char),
    Close(char),
    Comma,
    Operator(String),
}

/// As a sentence names it.
pub(crate) fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("\"{word}\""),
        Token::Open(bracket) | Token::Close(bracket) => format!("\"{bracket}\""),
        Token::Operator(sign) => format!("\"{sign}\""),
        Token::Comma => "a comma".to_owned(),
        Token::Number => "a number".to_owned(),
        Token::Text => "a text".to_owned(),
    }
}

/// An expression's words in their order, or why it has none.
pub(crate) fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut rest = expression.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' => word(rest),
            '0'..='9' | '.' => (Token::Number, span(rest, |c| c.is_ascii_digit() || c == '.')),
            '\'' | '"' => {
                let inside = rest[1..]
                    .find(first)
                    .ok_or_else(|| format!("{first} is never closed"))?;
                (Token::Text, inside + 2)
            }
            '(' | '[' => (Token::Open(first), 1),
            ')' | ']' => (Token::Close(first), 1),
            ',' => (Token::Comma, 1),
            _ => operator(rest).ok_or_else(|| format!("\"{first}\" means nothing here"))?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn word(rest: &str) -> (Token, usize) {
    let length = span(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let word = &rest[..length];
    let token = match word {
        "AND" | "OR" => Token::Operator(word.to_owned()),
        _ => Token::Word(word.to_owned()),
    };
    (token, length)
}

fn operator(rest: &str) -> Option<(Token, usize)> {
    const SIGNS: [&str; 13] = ["<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "^", "<", ">"];
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
    Some((Token::Operator(sign.to_owned()), sign.len()))
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}
