#include "core/draft_services.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace llmw {
namespace {

/// A kind of service: parts of names that say so, and words of steps that need it.
struct ServiceKind {
  std::string_view names;  ///< between blanks
  std::string_view words;
};

constexpr std::array kServiceKinds = {
    ServiceKind{" mail gmail email outlook smtp imap sendgrid mailgun postmark mailchimp ses "
                "mailjet resend ",
                " email emails e-mail e-mails mail mails inbox newsletter newsletters mailbox "},
    ServiceKind{" sheet sheets excel airtable spreadsheet spreadsheets smartsheet ",
                " sheet sheets spreadsheet spreadsheets row rows log column columns record "
                "records tracker "},
    ServiceKind{" slack teams discord telegram whatsapp mattermost chat ",
                " message messages channel channels chat ping dm alert announce team "},
    ServiceKind{" twilio sms vonage messagebird ", " sms text texts phone call message messages "},
    ServiceKind{" stripe paypal braintree adyen square mollie klarna ",
                " invoice invoices charge charges payment payments refund refunds pay billing card "
                "subscription subscriptions "},
    ServiceKind{" quickbooks xero sage netsuite freshbooks sap ",
                " invoice invoices bill bills ledger expense expenses accounting payment payments "
                "journal reimburse "},
    ServiceKind{" salesforce hubspot pipedrive zoho crm dynamics ",
                " crm lead leads opportunity opportunities deal deals contact contacts "
                "pipeline prospect prospects "},
    ServiceKind{" zendesk freshdesk intercom helpdesk servicenow ",
                " ticket tickets case cases support helpdesk "},
    ServiceKind{" jira asana trello linear monday clickup todoist ",
                " task tasks issue issues ticket tickets board card bug bugs "},
    ServiceKind{" calendar calendly ",
                " calendar meeting meetings appointment appointments event events schedule invite "
                "interview "},
    ServiceKind{" drive dropbox box onedrive s3 storage sharepoint ",
                " file files document documents folder folders upload archive store pdf "
                "attachment attachments contract contracts "},
    ServiceKind{" docs notion confluence document documents ",
                " document documents page pages doc docs note notes wiki notes "},
    ServiceKind{" github gitlab bitbucket ",
                " repository commit commits branch pull merge code release deploy issue issues "},
    ServiceKind{" shopify woocommerce magento bigcommerce etsy ",
                " order orders product products stock inventory shop store customer customers "},
    ServiceKind{" postgres postgresql mysql database bigquery snowflake mongodb redis ",
                " database record records row rows query table tables "},
    ServiceKind{" docusign hellosign signature ", " sign signature signatures contract contracts "},
    ServiceKind{" shippo ups fedex dhl shipping shipstation ",
                " ship shipping shipment shipments deliver label labels parcel package "},
    ServiceKind{" workday bamboohr gusto personio hr ",
                " employee employees payroll onboard hire leave "},
    ServiceKind{" linkedin twitter facebook instagram x social ",
                " post posts tweet share social publish "},
};

constexpr std::string_view kGenericParts =
    " google microsoft ms office 365 amazon aws azure apple api app service cloud online com v1 v2 "
    "v3 business workspace the of io ";

bool is_word_of(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != list.npos; at = list.find(word, at + 1))
    if (at > 0 && list[at - 1] == ' ' && list[at + word.size()] == ' ') return true;
  return false;
}

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Words of `text`; a hyphen stays inside a word when `hyphens`, the rest separates.
std::vector<std::string> words_of(std::string_view text, bool hyphens) {
  std::vector<std::string> words(1);
  for (const char c : lower_case(text))
    if (is_name_character(c) || (hyphens && c == '-'))
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  if (words.back().empty()) words.pop_back();
  return words;
}

/// A service as the matcher sees it.
struct Service {
  std::vector<std::string> parts;  ///< of its name, generic ones left out
  std::vector<const ServiceKind*> kinds;
};

Service read_service(std::string_view name) {
  constexpr std::size_t kLongestName = 200;
  Service service;
  if (name.find('\0') != name.npos) return service;  // matches no step: JSON here holds no NUL
  for (const std::string& part : words_of(name.substr(0, kLongestName), false)) {
    if (!is_word_of(kGenericParts, part)) service.parts.push_back(part);
    for (const ServiceKind& kind : kServiceKinds)
      if (is_word_of(kind.names, part)) service.kinds.push_back(&kind);
  }
  const bool google = lower_case(name.substr(0, 6)) == "google";
  const bool mail =
      std::find(service.parts.begin(), service.parts.end(), "mail") != service.parts.end();
  if (google && mail) service.parts.emplace_back("gmail");
  return service;
}

bool is_plural_of(const std::string& word, const std::string& part) {
  return word.size() == part.size() + 1 && word.starts_with(part) && word.back() == 's';
}

/// "contact the vendor" is no contact of a CRM, an "email address" no email.
bool is_other_use(const std::vector<std::string>& words, std::size_t i) {
  if (i == 0 && words[i] == "contact") return true;
  return words[i] == "email" && i + 1 < words.size() && words[i + 1].starts_with("address");
}

/// Whether the step names another service of the kind: "in HubSpot" is not for Salesforce.
bool names_rival(const ServiceKind& kind, const Service& service,
                 const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 40); ++i) {
    const bool brand = is_word_of(kind.names, words[i]) && !is_word_of(kind.words, words[i]);
    const bool own =
        std::find(service.parts.begin(), service.parts.end(), words[i]) != service.parts.end();
    if (brand && !own) return true;
  }
  return false;
}

bool is_place_word(const std::string& word) {
  return is_word_of(" by in into to with from via using through on ", word);
}

/// Whether words[i] is where or by what the step is done: "by email", "from the spreadsheet".
bool stands_as_place(const std::vector<std::string>& words, std::size_t i) {
  const auto place = [&](std::size_t back) { return i >= back && is_place_word(words[i - back]); };
  return place(1) || (place(2) && is_word_of(" a an the our their your ", words[i - 1]));
}

/// How well `service` fits: a name counts most, then words, earlier ones more.
int score_service(const Service& service, const std::vector<std::string>& words, bool named_only) {
  constexpr int kNamed = 1000;
  constexpr int kPlace = 300;  // "by email": the means of the step
  int score = 0;
  const std::size_t count = std::min<std::size_t>(words.size(), 40);
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::string& part : service.parts)
      if (words[i] == part || is_plural_of(words[i], part) || is_plural_of(part, words[i]))
        score = std::max(score, kNamed - static_cast<int>(i));
    if (named_only) continue;
    for (const ServiceKind* kind : service.kinds)
      if (is_word_of(kind->words, words[i]) && !is_other_use(words, i) &&
          !names_rival(*kind, service, words))
        score = std::max(score, (stands_as_place(words, i) ? kPlace : 100) - static_cast<int>(i));
  }
  return score;
}

/// Whether a word of `part` of the name stands after "in", "to", "with" or "from" in the step.
bool is_named_as_place(const Service& service, const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size() && i < 40; ++i) {
    const bool place = is_place_word(words[i - 1]) || (i > 1 && is_place_word(words[i - 2]));
    for (const std::string& part : service.parts)
      if (place && words[i] == part) return true;
  }
  return false;
}

}  // namespace

/// Verbs of steps that people do themselves: only a service's own name counts.
bool is_done_by_hand(const std::string& verb) {
  return is_word_of(" ask carry deliver load meet move pick request ship sign turn unload visit ",
                    verb);
}

/// "notify the customer" needs a way to reach people when no service is named.
bool reaches_people(const std::string& verb, const std::vector<std::string>& words) {
  if (is_word_of(" notify remind inform alert reply respond thank welcome ", verb)) return true;
  if (!is_word_of(" send forward ", verb)) return false;
  for (const std::string& word : words) {
    const WordClass word_class = find_word_class(word);
    if (word_class == WordClass::actor || word_class == WordClass::object) return true;
    if (word.ends_with('s') && find_word_class(word.substr(0, word.size() - 1)) == WordClass::actor)
      return true;
  }
  return false;
}

int first_messenger(const std::vector<Service>& services) {
  for (std::size_t i = 0; i < services.size(); ++i)
    for (const ServiceKind* kind : services[i].kinds)
      if (is_word_of(kind->names, "mail") || is_word_of(kind->names, "chat"))
        return static_cast<int>(i);
  return -1;
}

std::vector<int> match_services(const Plan& plan, std::span<const std::string> services) {
  std::vector<Service> known;
  for (std::size_t i = 0; i < std::min(services.size(), kMaxDraftServices); ++i)
    known.push_back(read_service(services[i]));
  std::vector<int> matches;
  for (const PlanStep& step : plan.steps) {
    const std::vector<std::string> words = words_of(step.operation, true);
    int best = -1;
    int best_score = 0;
    const bool call = step.kind == StepKind::api_call;
    const bool transform = step.kind == StepKind::transform;
    for (std::size_t i = 0; i < known.size() && (call || transform); ++i) {
      if (!call && !is_named_as_place(known[i], words)) continue;
      const int score = score_service(known[i], words, !call || is_done_by_hand(step.verb));
      if (score > best_score) {
        best = static_cast<int>(i);
        best_score = score;
      }
    }
    if (best < 0 && step.kind == StepKind::api_call && reaches_people(step.verb, words))
      best = first_messenger(known);
    matches.push_back(best);
  }
  return matches;
}

}  // namespace llmw
