#pragma once
// Text of unknown origin inside HTML and SVG.
//
// What is appended is character data and also the value of a quoted attribute: it opens no element,
// closes no quote, makes no entity, and is well-formed in HTML and in XML. It is no protection
// inside <script>, <style>, comments, URLs or attributes that hold code: nothing of the kind is
// made here.
//
//   out += "<title>";
//   append_markup_escaped(out, name);
//   out += "</title>";

#include <string>
#include <string_view>

namespace llmw {

/// Appends `text` to `out` with & < > " ' as entities. Invalid UTF-8 and the characters that HTML
/// or XML forbid (control characters but tab, line feed and carriage return; noncharacters) become
/// U+FFFD.
void append_markup_escaped(std::string& out, std::string_view text);

/// The same as a string of its own.
std::string markup_escaped(std::string_view text);

/// `text` with what is not ASCII as `before`, its number and a semicolon; in HTML and SVG `before`
/// is "&#". Invalid UTF-8 becomes U+FFFD.
std::string in_ascii(std::string_view text, std::string_view before);

}  // namespace llmw
