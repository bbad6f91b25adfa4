// A base URL decides where keys and prompts go: what is accepted must be what is connected to.

#include "core/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace llmw {
namespace {

std::string fault_of(std::string_view text) { return parse_base_url(text).fault; }

TEST(Url, ReadsEveryPart) {
  const ParsedUrl parsed = parse_base_url("HTTPS://API.Example.com:8443/v1/models%20x/");
  ASSERT_TRUE(parsed.url) << parsed.fault;
  EXPECT_TRUE(parsed.url->https);
  EXPECT_EQ(parsed.url->host, "api.example.com");
  EXPECT_EQ(parsed.url->port, 8443);
  EXPECT_EQ(parsed.url->path, "/v1/models%20x/");
  EXPECT_EQ(parsed.fault, "");
}

TEST(Url, AcceptsWhatProvidersUse) {
  for (const char* text :
       {"https://api.openai.com/v1", "https://api.anthropic.com", "http://127.0.0.1:8000/v1",
        "http://localhost:11434/v1", "http://[::1]:8080", "https://[2001:db8::1]/v1",
        "https://my-host_1.internal", "https://10.0.0.1/v1", "https://x/a;b,c=d~(e)!$&'*+"}) {
    EXPECT_TRUE(parse_base_url(text).url) << text << ": " << fault_of(text);
  }
}

TEST(Url, RefusesOtherSchemes) {
  for (const char* text : {"ftp://x", "file:///etc/passwd", "gopher://x", "x", "//x", "https:/x",
                           "https", "javascript://x", " https://x", "httpss://x", "://x"}) {
    EXPECT_FALSE(parse_base_url(text).url) << text;
  }
  EXPECT_EQ(fault_of(""), "the URL is empty");
}

TEST(Url, RefusesUserNamesBecauseTheyHideTheHost) {
  for (const char* text : {"https://api.openai.com@evil.example/v1", "https://u:p@x", "https://@x",
                           "https://api.openai.com:443@evil.example"}) {
    EXPECT_EQ(fault_of(text), "the URL has a user name or password") << text;
  }
  EXPECT_TRUE(parse_base_url("https://x/v1/@team").url) << "an @ in the path is no user name";
}

TEST(Url, RefusesQueryAndFragment) {
  EXPECT_EQ(fault_of("https://x/v1?key=1"), "the URL has a query");
  EXPECT_EQ(fault_of("https://x?"), "the URL has a query");
  EXPECT_EQ(fault_of("https://x/v1#top"), "the URL has a fragment");
}

TEST(Url, RefusesControlCharactersSpacesAndNonAscii) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"https://x/\r\nHost: evil"sv, "https://x\0.example"sv, "https://x /v1"sv, "https://x/\t"sv,
        "https://x\x7f"sv, "https://ex\xc3\xa4mple.com"sv}) {
    EXPECT_FALSE(parse_base_url(text).url);
  }
}

TEST(Url, RefusesHostsThatAreNone) {
  for (const char* text :
       {"https://", "https:///v1", "https://:443", "https://a..b", "https://.a", "https://a.",
        "https://-a.example", "https://a-.example", "https://a%2eb", "https://a\\b", "https://[::1",
        "https://::1", "https://[::1]x", "https://[fe80::1%25eth0]", "https://[127.0.0.1]",
        "https://[]", "https://a,b", "https://a|b"}) {
    EXPECT_FALSE(parse_base_url(text).url) << text;
  }
  EXPECT_FALSE(parse_base_url("https://" + std::string(64, 'a')).url);
  std::string long_host = "https://";
  for (int i = 0; i < 130; ++i) long_host += "a.";
  EXPECT_FALSE(parse_base_url(long_host + "b").url);
}

TEST(Url, RefusesOddSpellingsOfIpv4AddressesThatAResolverWouldTake) {
  for (const char* text : {"http://2130706433", "http://0x7f000001", "http://0x7f.1",
                           "http://127.1", "http://0177.0.0.1", "http://127.0.0.1.1",
                           "http://256.0.0.1", "http://a.1", "http://a.0x1", "http://0x"}) {
    EXPECT_FALSE(parse_base_url(text).url) << text;
  }
}

TEST(Url, RefusesPortsThatAreNone) {
  for (const char* text : {"https://x:", "https://x:0", "https://x:65536", "https://x:99999999999",
                           "https://x:8a", "https://x:-1", "https://[::1]:"}) {
    EXPECT_FALSE(parse_base_url(text).url) << text;
  }
  EXPECT_EQ(parse_base_url("https://x:65535").url->port, 65535);
  EXPECT_EQ(parse_base_url("https://[::1]").url->port, 0);
}

TEST(Url, RefusesPathsThatAreNotEncoded) {
  for (const char* text : {"https://x/%", "https://x/%2", "https://x/%zz", "https://x/a\"b",
                           "https://x/a\\b", "https://x/{model}"}) {
    EXPECT_FALSE(parse_base_url(text).url) << text;
  }
}

TEST(Url, RefusesTooLongTexts) {
  EXPECT_FALSE(parse_base_url("https://x/" + std::string(2048, 'a')).url);
}

TEST(Url, FaultNeverRepeatsTheText) {
  EXPECT_EQ(fault_of("https://user:canary@x").find("canary"), std::string::npos);
}

TEST(LoopbackHost, IsThisMachineWhateverTheNameServerSays) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.255.254", "[::1]"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
}

TEST(LoopbackHost, IsNotWhatOnlyLooksLikeIt) {
  for (const char* host : {"localhost.example", "127.0.0.1.example", "127.example", "128.0.0.1",
                           "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "", "127."}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace llmw
