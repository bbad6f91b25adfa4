#include "model_request.hpp"

#include <cstddef>

namespace llmw::sim {
namespace {

constexpr int kMaxDepth = 256;

// Where a value stands in the request. Each step down maps a role and a key to the next role.
enum class Role {
  kRoot,
  kModel,
  kMaxTokens,
  kStream,
  kMessages,
  kMessage,
  kMessageRole,
  kContent,  // of a message: a string or an array of blocks
  kBlock,
  kText,
  kSystem,  // the same outside of the messages
  kSystemBlock,
  kSystemText,
  kResponseFormat,
  kJsonSchema,
  kSchemaName,
  kOther,
};

Role role_in_root(std::string_view key) {
  if (key == "model") return Role::kModel;
  if (key == "messages") return Role::kMessages;
  if (key == "system") return Role::kSystem;
  if (key == "max_tokens" || key == "max_completion_tokens") return Role::kMaxTokens;
  if (key == "stream") return Role::kStream;
  return key == "response_format" ? Role::kResponseFormat : Role::kOther;
}

Role role_of_key(Role parent, std::string_view key) {
  if (parent == Role::kRoot) return role_in_root(key);
  if (parent == Role::kMessage && key == "role") return Role::kMessageRole;
  if (parent == Role::kMessage && key == "content") return Role::kContent;
  if (parent == Role::kBlock && key == "text") return Role::kText;
  if (parent == Role::kSystemBlock && key == "text") return Role::kSystemText;
  if (parent == Role::kResponseFormat && key == "json_schema") return Role::kJsonSchema;
  if (parent == Role::kJsonSchema && key == "name") return Role::kSchemaName;
  return Role::kOther;
}

Role role_of_element(Role parent) {
  if (parent == Role::kMessages) return Role::kMessage;
  if (parent == Role::kContent) return Role::kBlock;
  if (parent == Role::kSystem) return Role::kSystemBlock;
  return Role::kOther;
}

// Makes `text` reach to the end of `more`, which stands behind it in the same body.
void extend(std::string_view& text, std::string_view more) {
  if (text.empty()) {
    text = more;
  } else {
    text = {text.data(), static_cast<size_t>(more.data() + more.size() - text.data())};
  }
}

class Reader {
 public:
  Reader(std::string_view text, ModelRequest* request) : text_(text), request_(request) {}

  const char* read() {
    skip_space();
    if (peek() != '{') return "the body is not a JSON object";
    if (!read_value(Role::kRoot, 0)) return error_;
    skip_space();
    return at_ == text_.size() ? nullptr : "the body has text after the JSON object";
  }

 private:
  bool fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    return false;
  }
  int peek() const { return at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : -1; }
  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
      ++at_;
    }
  }
  bool take(char c) {
    skip_space();
    if (peek() != static_cast<unsigned char>(c)) return false;
    ++at_;
    return true;
  }

  bool read_value(Role role, int depth);
  bool read_object(Role role, int depth);
  bool read_array(Role role, int depth);
  bool read_word(Role role);
  bool read_number(Role role);
  bool read_digits();
  bool read_string(std::string_view* raw, uint64_t* bytes);
  bool read_escape(uint64_t* bytes);
  bool read_hex4(unsigned* value);
  bool read_multibyte(uint64_t* bytes);
  bool note_string(Role role, std::string_view raw, uint64_t bytes);
  void note_message();

  std::string_view text_;
  ModelRequest* request_;
  std::string_view message_role_;  // of the message that is being read
  std::string_view message_text_;
  size_t at_ = 0;
  const char* error_ = nullptr;
};

bool Reader::read_value(Role role, int depth) {
  if (depth > kMaxDepth) return fail("the body is nested too deeply");
  skip_space();
  const int c = peek();
  if (c == '"') {
    std::string_view raw;
    uint64_t bytes = 0;
    return read_string(&raw, &bytes) && note_string(role, raw, bytes);
  }
  if (c == '[' && role != Role::kModel) return read_array(role, depth);
  if (role == Role::kMessages) return fail("messages is not an array");
  if (role == Role::kModel) return fail("model is not a string");
  if (c == '{') return read_object(role, depth);
  if (c == '-' || (c >= '0' && c <= '9')) return read_number(role);
  return read_word(role);
}

bool Reader::read_object(Role role, int depth) {
  ++at_;
  if (take('}')) return true;
  do {
    skip_space();
    std::string_view key;
    uint64_t bytes = 0;
    if (peek() != '"') return fail("an object key is missing");
    if (!read_string(&key, &bytes)) return false;
    if (!take(':')) return fail("a colon is missing after an object key");
    if (!read_value(role_of_key(role, key), depth + 1)) return false;
  } while (take(','));
  if (role == Role::kMessage) note_message();
  return take('}') || fail("an object is not closed");
}

bool Reader::read_array(Role role, int depth) {
  ++at_;
  if (role == Role::kMessages) request_->has_messages = true;
  if (take(']')) return true;
  do {
    if (role == Role::kMessages) ++request_->messages;
    if (!read_value(role_of_element(role), depth + 1)) return false;
  } while (take(','));
  return take(']') || fail("an array is not closed");
}

bool Reader::read_word(Role role) {
  for (const std::string_view word : {"true", "false", "null"}) {
    if (!text_.substr(at_).starts_with(word)) continue;
    at_ += word.size();
    if (role == Role::kStream && word == "true") request_->stream = true;
    return true;
  }
  return fail("the body is not valid JSON");
}

bool Reader::read_digits() {
  const size_t begin = at_;
  while (peek() >= '0' && peek() <= '9') ++at_;
  return at_ > begin || fail("a number is not valid JSON");
}

bool Reader::read_number(Role role) {
  const size_t begin = at_;
  if (peek() == '-') ++at_;
  const bool zero = peek() == '0';
  const size_t digits = at_;
  if (!read_digits()) return false;
  if (zero && at_ - digits > 1) return fail("a number begins with 0");
  if (peek() == '.') {
    ++at_;
    if (!read_digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!read_digits()) return false;
  }
  if (role == Role::kMaxTokens) request_->has_max_tokens = text_[begin] != '-' && !zero;
  return true;
}

bool Reader::note_string(Role role, std::string_view raw, uint64_t bytes) {
  if (role == Role::kMessages) return fail("messages is not an array");
  if (role == Role::kModel) {
    request_->model = raw;
    request_->has_model = !raw.empty();
  }
  if (role == Role::kMessageRole) message_role_ = raw;
  if (role == Role::kSchemaName) request_->schema_name = raw;
  if (role == Role::kContent || role == Role::kText) {
    request_->content_bytes += bytes;
    extend(message_text_, raw);
  }
  if (role == Role::kSystem || role == Role::kSystemText) {
    request_->content_bytes += bytes;
    extend(request_->system, raw);
  }
  return true;
}

// Its role may stand behind its content: what they are is known at the end.
void Reader::note_message() {
  if (message_role_ == "system" || message_role_ == "developer") {
    request_->system = message_text_;
  } else if (message_role_ == "assistant") {
    request_->has_answer = true;
  } else if (message_role_ == "user") {
    request_->user = message_text_;
    extend(request_->talk, message_text_);
  }
  message_role_ = {};
  message_text_ = {};
}

bool Reader::read_string(std::string_view* raw, uint64_t* bytes) {
  const size_t begin = ++at_;
  while (at_ < text_.size()) {
    const unsigned char c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') {
      *raw = text_.substr(begin, at_ - begin);
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!read_escape(bytes)) return false;
    } else if (c >= 0x80) {
      if (!read_multibyte(bytes)) return false;
    } else if (c < 0x20) {
      return fail("a string holds a control character");
    } else {
      ++at_;
      ++*bytes;
    }
  }
  return fail("a string is not closed");
}

bool Reader::read_escape(uint64_t* bytes) {
  ++at_;
  const int c = peek();
  ++at_;
  if (c != 'u') {
    ++*bytes;
    const bool known = c > 0 && std::string_view("\"\\/bfnrt").find(static_cast<char>(c)) !=
                                    std::string_view::npos;
    return known || fail("a string holds an unknown escape");
  }
  unsigned code = 0;
  if (!read_hex4(&code)) return false;
  if (code < 0xD800 || code > 0xDFFF) {
    *bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    return true;
  }
  unsigned low = 0;
  if (code > 0xDBFF || !text_.substr(at_).starts_with("\\u")) return fail("a lone surrogate");
  at_ += 2;
  if (!read_hex4(&low)) return false;
  if (low < 0xDC00 || low > 0xDFFF) return fail("a lone surrogate");
  *bytes += 4;
  return true;
}

bool Reader::read_hex4(unsigned* value) {
  for (int i = 0; i < 4; ++i, ++at_) {
    const int c = peek();
    if (c >= '0' && c <= '9') {
      *value = *value * 16 + static_cast<unsigned>(c - '0');
    } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
      *value = *value * 16 + static_cast<unsigned>((c | 32) - 'a' + 10);
    } else {
      return fail("a \\u escape is not four hex digits");
    }
  }
  return true;
}

bool Reader::read_multibyte(uint64_t* bytes) {
  const unsigned lead = static_cast<unsigned char>(text_[at_]);
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text_.size() - at_ < size) return fail("invalid UTF-8");
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text_[at_ + i]) & 0xC0) != 0x80) return fail("invalid UTF-8");
  }
  const unsigned second = static_cast<unsigned char>(text_[at_ + 1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  if (overlong || beyond) return fail("invalid UTF-8");
  at_ += size;
  *bytes += size;
  return true;
}

}  // namespace

const char* read_model_request(std::string_view body, ModelRequest* request) {
  return Reader(body, request).read();
}

}  // namespace llmw::sim
