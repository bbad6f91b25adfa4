#include "reply.hpp"

#include <cstdio>
#include <utility>

#include "gzip_bomb.hpp"
#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr uint64_t kFloodLines = 2048;  // of 1 KB each
constexpr uint64_t kFloodLineBytes = 1024;
constexpr size_t kChunkBytes = 65536;
constexpr uint64_t kChunks = 16384;  // x 64 KB = 1 GB
constexpr uint32_t kDripMs = 100;
// Time for the peer to read the first half before the RST overtakes it.
constexpr uint32_t kBeforeResetMs = 20;

enum class Framing { kLength, kChunked };

struct Builder {
  const Answer& answer;
  const Travel& travel;
  Reply reply = {};

  Reply build();
  std::string interim() const;
  std::string head(Framing framing, uint64_t length) const;
  std::string head_and(std::string_view body) const;
  std::string half() const { return answer.body.substr(0, answer.body.size() / 2); }
  void send(std::string bytes, End end);
  void send_whole(End end);
  void flood_headers(std::string& out) const;
  void build_wire(const Fault& fault);
  void build_cut(const Fault& fault);
  void build_frame(FaultId id);
  void build_drip(const Fault& fault);
  void build_gzip_bomb();
  void build_endless();
};

uint64_t argument_or(const Fault& fault, uint64_t max, uint64_t otherwise) {
  uint64_t value = 0;
  return parse_number(fault.argument, max, &value) ? value : otherwise;
}

std::string chunk(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

std::string Builder::interim() const {
  std::string out;
  const Fault* fault = travel.faults.find(Family::kInterim);
  if (fault == nullptr) return out;
  const uint64_t count = argument_or(*fault, 1000000, 5);
  for (uint64_t i = 0; i < count; ++i) {
    out += i % 2 == 0 ? "HTTP/1.1 100 Continue\r\n\r\n"
                      : "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
  }
  return out;
}

void Builder::flood_headers(std::string& out) const {
  for (uint64_t i = 0; i < kFloodLines; ++i) {
    const size_t begin = out.size();
    out += "x-flood-";
    append_int(out, static_cast<int64_t>(i));
    out += ": ";
    out.append(kFloodLineBytes - 2 - (out.size() - begin), 'a');
    out += "\r\n";
  }
}

std::string Builder::head(Framing framing, uint64_t length) const {
  std::string out = interim();
  out.reserve(out.size() + 512 + answer.body.size());
  out += "HTTP/1.1 ";
  append_int(out, answer.status);
  out += ' ';
  out += reason_phrase(answer.status);
  out += "\r\nContent-Type: ";
  out += answer.content_type;
  out += "\r\n";
  out += answer.headers;
  if (travel.faults.has(FaultId::kHeaderFlood)) flood_headers(out);
  if (!travel.keep_alive) out += "Connection: close\r\n";
  if (framing == Framing::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else {
    out += "Content-Length: ";
    append_int(out, static_cast<int64_t>(length));
    out += "\r\n";
  }
  return out;
}

std::string Builder::head_and(std::string_view body) const {
  std::string out = head(Framing::kLength, answer.body.size());
  out += "\r\n";
  out += body;
  return out;
}

void Builder::send(std::string bytes, End end) {
  reply.pieces.push_back(Piece{.own = std::move(bytes)});
  reply.end = end;
}

void Builder::send_whole(End end) { send(head_and(answer.body), end); }

Reply Builder::build() {
  reply.end = travel.keep_alive ? End::kKeepAlive : End::kClose;
  if (const Fault* fault = travel.faults.find(Family::kWire)) {
    build_wire(*fault);
  } else {
    send_whole(reply.end);
  }
  if (travel.delay_ms != 0) {
    if (reply.pieces.empty()) reply.pieces.emplace_back();
    reply.pieces.front().wait_ms = travel.delay_ms;
  }
  return std::move(reply);
}

void Builder::build_wire(const Fault& fault) {
  switch (fault.id) {
    case FaultId::kHangHeaders: return send(interim(), End::kHang);
    case FaultId::kReset: return send(interim(), End::kReset);
    case FaultId::kClose:
    case FaultId::kDeadReuse: return send(interim(), End::kClose);
    case FaultId::kCloseIdle: return send_whole(End::kClose);
    case FaultId::kDrip: return build_drip(fault);
    case FaultId::kGzipBomb: return build_gzip_bomb();
    case FaultId::kBody1Gb: return build_endless();
    case FaultId::kHangBody:
    case FaultId::kResetBody:
    case FaultId::kTruncated: return build_cut(fault);
    default: return build_frame(fault.id);
  }
}

// The headers come at once, so that only a limit on the speed of the body can help.
void Builder::build_drip(const Fault& fault) {
  send(head_and(""), reply.end);
  const uint64_t wait = argument_or(fault, 60000, kDripMs);
  const uint32_t step_wait_ms = wait == 0 ? 1 : static_cast<uint32_t>(wait);
  reply.pieces.push_back(Piece{.own = answer.body, .step_wait_ms = step_wait_ms});
}

// Bodies that stop before their end.
void Builder::build_cut(const Fault& fault) {
  if (fault.id == FaultId::kHangBody) return send(head_and(half()), End::kHang);
  if (fault.id == FaultId::kResetBody) {
    send(head_and(half()), End::kReset);
    reply.pieces.push_back(Piece{.own = "", .wait_ms = kBeforeResetMs});
    return;
  }
  if (fault.argument != "full") return send(head_and(half()), End::kClose);
  send(head(Framing::kLength, answer.body.size() + 512) + "\r\n" + answer.body, End::kClose);
}

// Bodies whose length is told wrongly.
void Builder::build_frame(FaultId id) {
  if (id == FaultId::kOverlong) {
    send(head_and(answer.body + "{\"more\":\"bytes than promised\"}"), reply.end);
  } else if (id == FaultId::kDupLength) {
    std::string bytes = head(Framing::kLength, answer.body.size());
    bytes += "Content-Length: ";
    append_int(bytes, static_cast<int64_t>(answer.body.size() / 2));
    send(bytes + "\r\n\r\n" + answer.body, reply.end);
  } else {
    send(head(Framing::kChunked, 0) + "\r\n" + chunk(half()) + "no size\r\n", End::kClose);
  }
}

void Builder::build_gzip_bomb() {
  const std::shared_ptr<const std::string> bomb = gzip_bomb();
  send(head(Framing::kLength, bomb->size()) + "Content-Encoding: gzip\r\n\r\n", reply.end);
  reply.pieces.push_back(Piece{.own = "", .shared = bomb});
}

// 1 GB of white space and then the right answer, so that only a limit helps.
void Builder::build_endless() {
  send(head(Framing::kChunked, 0) + "\r\n", reply.end);
  reply.pieces.push_back(Piece{.own = chunk(std::string(kChunkBytes, ' ')), .repeat = kChunks});
  send(chunk(answer.body) + "0\r\n\r\n", reply.end);
}

}  // namespace

Reply make_reply(const Answer& answer, const Travel& travel) {
  return Builder{answer, travel}.build();
}

Reply make_plain_reply(const Answer& answer, bool keep_alive) {
  const FaultSet none;
  return make_reply(answer, {.faults = none, .keep_alive = keep_alive});
}

}  // namespace llmw::sim
