// The reference of `make bench`: what a plain libcurl-multi client does on the same machine.
//
// It sends keep-alive POSTs, `--concurrency` at a time, and prints one line. By default it uses
// libcurl as its manual shows (curl_multi_perform and curl_multi_poll), one thread for each of
// `--multi-handles`. With `--engine` it sends the same requests through the TransferEngine of
// src/http, in one thread. Neither stores anything.

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "http/transfer_engine.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: multi_client --url URL --body-file FILE [--concurrency N] [--requests N]\n"
    "                    [--multi-handles N] [--engine]\n";

struct Options {
  std::string url;
  std::string body;
  int concurrency = 64;
  int requests = 10'000;
  int multi_handles = 1;
  bool engine = false;
};

struct Result {
  std::vector<double> milliseconds;  ///< one per answered request
  int failures = 0;                  ///< transfer failed, or status not 200

  void add(bool good, Clock::duration took) {
    if (!good) ++failures;
    milliseconds.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
  void merge(const Result& other) {
    milliseconds.insert(milliseconds.end(), other.milliseconds.begin(), other.milliseconds.end());
    failures += other.failures;
  }
};

/// Hands out the numbers of the requests still to be sent.
class Budget {
 public:
  explicit Budget(int requests) : requests_(requests) {}
  std::optional<int> next() {
    const int number = next_.fetch_add(1, std::memory_order_relaxed);
    return number < requests_ ? std::optional(number) : std::nullopt;
  }

 private:
  int requests_;
  std::atomic<int> next_ = 0;
};

std::vector<std::string> headers_of(int number) {
  return {"Content-Type: application/json", "Authorization: Bearer bench",
          "X-Client-Request-Id: bench-" + std::to_string(number)};
}

// ---------------------------------------------------------------------------------------------
// libcurl alone

struct BareTransfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::string body;
  Clock::time_point started;
};

std::size_t keep_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  static_cast<BareTransfer*>(transfer)->body.append(bytes, size * count);
  return size * count;
}

class BareClient {
 public:
  BareClient(const Options& options, int concurrency, Budget& budget)
      : options_(options), budget_(budget), multi_(curl_multi_init()), transfers_(concurrency) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(concurrency));
    for (BareTransfer& transfer : transfers_) set_up(transfer);
  }
  ~BareClient() {
    for (BareTransfer& transfer : transfers_) {
      curl_easy_cleanup(transfer.easy);
      curl_slist_free_all(transfer.headers);
    }
    curl_multi_cleanup(multi_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  Result run() {
    for (BareTransfer& transfer : transfers_) start_next(transfer);
    while (running_ > 0) {
      int active = 0;
      curl_multi_perform(multi_, &active);
      if (!collect()) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    return std::move(result_);
  }

 private:
  void set_up(BareTransfer& transfer) {
    transfer.easy = curl_easy_init();
    curl_easy_setopt(transfer.easy, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(transfer.easy, CURLOPT_POSTFIELDS, options_.body.data());
    curl_easy_setopt(transfer.easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(options_.body.size()));
    curl_easy_setopt(transfer.easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(transfer.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer.easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEFUNCTION, &keep_body);
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(transfer.easy, CURLOPT_PRIVATE, &transfer);
  }

  void start_next(BareTransfer& transfer) {
    const std::optional<int> number = budget_.next();
    if (!number) return;
    curl_slist_free_all(transfer.headers);
    transfer.headers = nullptr;
    for (const std::string& header : headers_of(*number)) {
      transfer.headers = curl_slist_append(transfer.headers, header.c_str());
    }
    transfer.headers = curl_slist_append(transfer.headers, "Expect:");
    curl_easy_setopt(transfer.easy, CURLOPT_HTTPHEADER, transfer.headers);
    transfer.body.clear();
    transfer.started = Clock::now();
    curl_multi_add_handle(multi_, transfer.easy);
    ++running_;
  }

  bool collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      any = true;
      finish(message->easy_handle, message->data.result);
    }
    return any;
  }

  void finish(CURL* easy, CURLcode code) {
    char* self = nullptr;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, easy);
    --running_;
    auto& transfer = *reinterpret_cast<BareTransfer*>(self);
    result_.add(code == CURLE_OK && status == 200, Clock::now() - transfer.started);
    start_next(transfer);
  }

  const Options& options_;
  Budget& budget_;
  CURLM* multi_;
  std::vector<BareTransfer> transfers_;
  int running_ = 0;
  Result result_;
};

Result run_bare(const Options& options) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Budget budget(options.requests);
  const int handles = std::clamp(options.multi_handles, 1, options.concurrency);
  std::vector<Result> results(handles);
  std::vector<std::thread> threads;
  for (int i = 0; i < handles; ++i) {
    const int share = options.concurrency / handles + (i < options.concurrency % handles ? 1 : 0);
    threads.emplace_back([&, i, share] { results[i] = BareClient(options, share, budget).run(); });
  }
  for (std::thread& thread : threads) thread.join();
  Result all;
  for (const Result& result : results) all.merge(result);
  return all;
}

// ---------------------------------------------------------------------------------------------
// The engine

class EngineClient {
 public:
  explicit EngineClient(const Options& options)
      : options_(options),
        budget_(options.requests),
        engine_({.multi_handles = options.multi_handles}) {}

  Result run() {
    for (int i = 0; i < options_.concurrency; ++i) start_next();
    while (engine_.running() > 0) {
      wait();
      engine_.drive(Clock::now());
      collect();
    }
    return std::move(result_);
  }

 private:
  void start_next() {
    const std::optional<int> number = budget_.next();
    if (!number) return;
    const auto now = Clock::now();
    const llmw::TransferId id =
        engine_.start({.url = options_.url, .headers = headers_of(*number), .body = options_.body},
                      now, now + std::chrono::seconds(60));
    started_.emplace(id, now);
  }

  void wait() {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::ceil<milliseconds>(engine_.next_deadline() - Clock::now()).count();
    pollfd waiting{.fd = engine_.poll_fd(), .events = POLLIN, .revents = 0};
    poll(&waiting, 1, static_cast<int>(std::clamp<long>(left, 0, 1000)));
  }

  void collect() {
    for (const llmw::FinishedTransfer& done : engine_.take_finished()) {
      const bool good = done.reply.end == llmw::TransferEnd::complete && done.reply.status == 200;
      const auto started = started_.extract(done.id);
      result_.add(good, Clock::now() - started.mapped());
      start_next();
    }
  }

  const Options& options_;
  Budget budget_;
  llmw::TransferEngine engine_;
  std::unordered_map<llmw::TransferId, Clock::time_point> started_;
  Result result_;
};

// ---------------------------------------------------------------------------------------------

std::optional<std::string> read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool read_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
  Options options;
  std::optional<std::string> body;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--engine") {
      options.engine = true;
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    const std::string& value = arguments[i];
    bool good = true;
    if (name == "--url") {
      options.url = value;
    } else if (name == "--body-file") {
      good = (body = read_file(value)).has_value();
    } else if (name == "--concurrency") {
      good = read_number(value, options.concurrency);
    } else if (name == "--requests") {
      good = read_number(value, options.requests);
    } else if (name == "--multi-handles") {
      good = read_number(value, options.multi_handles);
    } else {
      good = false;
    }
    if (!good) return std::nullopt;
  }
  if (options.url.empty() || !body) return std::nullopt;
  options.body = std::move(*body);
  return options;
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void print(Result& result, double seconds) {
  std::vector<double>& times = result.milliseconds;
  std::sort(times.begin(), times.end());
  std::printf("requests_per_second=%.0f p50_ms=%.3f p99_ms=%.3f max_ms=%.3f failures=%d\n",
              static_cast<double>(times.size()) / seconds, percentile(times, 0.5),
              percentile(times, 0.99), times.empty() ? 0 : times.back(), result.failures);
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = read_options({argv + 1, argv + argc});
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto start = Clock::now();
  Result result = options->engine ? EngineClient(*options).run() : run_bare(*options);
  print(result, std::chrono::duration<double>(Clock::now() - start).count());
  return result.failures == 0 ? 0 : 1;
}
