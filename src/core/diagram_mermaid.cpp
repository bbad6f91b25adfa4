// Diagrams as Mermaid flowcharts.
//
// Node names are ours (n1, z1, ...); text of the document stands in quoted labels only, in which
// whatever could mean something to Mermaid, Markdown or HTML is an entity (#NN;). A colon is one
// too: Mermaid looks for "style" with a colon before it reads the quotes.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <numeric>

#include "core/diagram_canvas.hpp"
#include "core/diagram_model.hpp"
#include "core/diagram_text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxLabelBytes = 240;
constexpr std::size_t kMaxPoints = 8;  ///< of a topic
constexpr std::string_view kLineBreak = "<br/>";

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Whether the character may stand as it is. A full stop may at the end of a word, but for the
/// number before it that would begin a list in Markdown.
bool is_plain(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_word(c) || c == ' ' || c == ',') return true;
  if (c == '.') {
    const bool ends_word = at + 1 == text.size() || text[at + 1] == ' ';
    return ends_word && text.substr(0, at).find_first_not_of("0123456789") != std::string::npos;
  }
  return c == '-' && at > 0 && is_word(text[at - 1]) && at + 1 < text.size() &&
         is_word(text[at + 1]);
}

/// What Mermaid replaces wherever it stands, entities or not: its own signs for entities, icons,
/// formulas. The zero width space (#8203;) parts what would be one.
struct TakenText {
  std::string_view text;
  std::string_view entities;
};
constexpr std::array<TakenText, 4> kTakenTexts = {{{"\xEF\xAC\x82", "#64258;#8203;"},
                                                   {"\xC2\xB6", "#182;#8203;"},
                                                   {":fa-", "#58;#8203;fa-"},
                                                   {"$$", "#36;#8203;#36;#8203;"}}};

const TakenText* find_taken(std::string_view text) {
  const auto found = std::find_if(
      kTakenTexts.begin(), kTakenTexts.end(),
      [&](const TakenText& taken) { return text.substr(0, taken.text.size()) == taken.text; });
  return found == kTakenTexts.end() ? nullptr : &*found;
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const TakenText* taken = find_taken(text.substr(at))) {
      out += taken->entities;
      at += taken->text.size() - 1;
    } else if (is_plain(text, at)) {
      out += text[at];
    } else if (text[at] == '"') {
      out += "#quot;";
    } else {
      out += '#' + std::to_string(static_cast<unsigned char>(text[at])) + ';';
    }
  }
}

/// Lines as one quoted label.
std::string label(const std::vector<std::string>& lines) {
  std::string text = "\"";
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    if (text.size() > 1) text += kLineBreak;
    append_escaped(text, one_line(line, kMaxLabelBytes));
  }
  return text + '"';
}

struct Brackets {
  const char* open;
  const char* close;
};

Brackets brackets_of(BoxShape shape) {
  switch (shape) {
    case BoxShape::plain:
    case BoxShape::missing: return {"[", "]"};
    case BoxShape::rounded: return {"(", ")"};
    case BoxShape::sides: return {"[[", "]]"};
    case BoxShape::pill: return {"([", "])"};
    case BoxShape::diamond: return {"{", "}"};
    case BoxShape::hexagon: return {"{{", "}}"};
    case BoxShape::end: return {"((", "))"};
  }
  return {"[", "]"};
}

std::string name_of(char prefix, std::size_t number) { return prefix + std::to_string(number + 1); }

void append_notes(std::string& out, const std::vector<std::string>& notes) {
  if (notes.empty()) return;
  std::vector<std::string> lines = {"Notes"};
  lines.insert(lines.end(), notes.begin(), notes.end());
  out += "  notes[" + label(lines) + "]:::note\n";
  out += "  classDef note fill:#f5f7fa,stroke:#8794a6,color:#4d5a6b\n";
}

constexpr const char* kZoneClass =
    "  classDef zone fill:#fff8e6,stroke:#c58a00,color:#6b4a00,stroke-dasharray:5 4\n";
constexpr const char* kMissingClass =
    "  classDef missing fill:#fff1f1,stroke:#d13c3c,color:#7e1b1b,stroke-dasharray:4 3\n";

class FlowchartWriter {
 public:
  explicit FlowchartWriter(const Diagram& diagram)
      : diagram_(diagram), framed_(diagram.colours.size()) {
    choose_frames();
  }

  std::string write() && {
    out_ = "flowchart TD\n  accTitle: " + diagram_.title + '\n';
    write_boxes();
    write_links();
    for (const auto& [a, b] : diagram_.parallel)
      write_line({box_name(a), " -.-|\"beside\"| ", box_name(b)});
    append_notes(out_, diagram_.notes);
    write_classes();
    return std::move(out_);
  }

 private:
  static std::string box_name(int box) { return name_of('n', static_cast<std::size_t>(box)); }

  int colour_of(int box) const { return diagram_.boxes[static_cast<std::size_t>(box)].colour; }

  bool has_frame(int colour) const {
    return colour >= 0 && framed_[static_cast<std::size_t>(colour)];
  }

  /// A team whose items follow each other has a frame. The others are named in each item: Mermaid
  /// does not always manage to draw frames that reach over the work of others.
  void choose_frames() {
    if (!diagram_.has_teams) return;
    std::vector<int> parts(diagram_.boxes.size());
    std::iota(parts.begin(), parts.end(), 0);
    const auto first_of = [&](int box) {
      while (parts[static_cast<std::size_t>(box)] != box)
        box = parts[static_cast<std::size_t>(box)];
      return box;
    };
    std::vector<int> joined(framed_.size());
    for (const DiagramLink& link : diagram_.links) {
      const int colour = colour_of(link.from);
      if (colour < 0 || colour != colour_of(link.to)) continue;
      const int from = first_of(link.from);
      const int to = first_of(link.to);
      if (from != to) ++joined[static_cast<std::size_t>(colour)];
      parts[static_cast<std::size_t>(to)] = from;
    }
    for (std::size_t colour = 0; colour < framed_.size(); ++colour)
      framed_[colour] = joined[colour] > 0 && joined[colour] + 1 == diagram_.colours[colour].boxes;
  }

  void write_line(std::initializer_list<std::string_view> parts) {
    out_ += "  ";
    for (const std::string_view part : parts) out_ += part;
    out_ += '\n';
  }

  void write_boxes() {
    for (std::size_t i = 0; i < diagram_.boxes.size(); ++i)
      if (!has_frame(diagram_.boxes[i].colour)) write_box(i, "  ");
    for (std::size_t colour = 0; colour < diagram_.colours.size(); ++colour) {
      const int number = static_cast<int>(colour);
      if (!has_frame(number)) continue;
      out_ += "  subgraph " + name_of('g', colour) + '[' + label({diagram_.colours[colour].name}) +
              "]\n";
      for (std::size_t i = 0; i < diagram_.boxes.size(); ++i)
        if (diagram_.boxes[i].colour == number) write_box(i, "    ");
      out_ += "  end\n";
    }
  }

  void write_box(std::size_t i, const char* indent) {
    const DiagramBox& box = diagram_.boxes[i];
    std::vector<std::string> lines;
    std::string caption = has_frame(box.colour) ? std::string() : box.caption;
    if (!box.badge.empty()) caption = box.badge + (caption.empty() ? "" : " \xC2\xB7 ") + caption;
    lines.push_back(caption);
    lines.push_back(box.text);
    lines.insert(lines.end(), box.details.begin(), box.details.end());
    const Brackets brackets = brackets_of(box.shape);
    out_ += indent + name_of('n', i) + brackets.open + label(lines) + brackets.close + '\n';
  }

  void write_links() {
    for (const DiagramLink& link : diagram_.links) {
      const std::string_view arrow = link.kind == DiagramLinkKind::order ? " --> " : " -.-> ";
      const std::string from = box_name(link.from);
      const std::string to = box_name(link.to);
      if (!link.stop) {
        write_line({from, arrow, to});
      } else if (!link.stop->is_zone) {
        const std::string_view line = arrow.substr(0, arrow.size() - 1);
        write_line({from, line, "|", label({link.stop->text}), "| ", to});
      } else {
        const std::string zone = name_of('z', zones_++);
        std::vector<std::string> lines = {"\xE2\x8F\xB3 " + link.stop->text};
        lines.insert(lines.end(), link.stop->details.begin(), link.stop->details.end());
        write_line({zone, "([", label(lines), "])"});
        write_line({from, arrow, zone, arrow, to});
      }
    }
  }

  void write_classes() {
    write_zone_class();
    std::array<std::string, kDiagramColours> members;
    std::string missing;
    for (std::size_t i = 0; i < diagram_.boxes.size(); ++i) {
      const DiagramBox& box = diagram_.boxes[i];
      if (box.shape == BoxShape::missing) {
        missing += (missing.empty() ? "" : ",") + name_of('n', i);
      } else if (box.colour >= 0) {
        std::string& names = members[static_cast<std::size_t>(box.colour % kDiagramColours)];
        names += (names.empty() ? "" : ",") + name_of('n', i);
      }
    }
    if (!missing.empty()) {
      out_ += kMissingClass;
      write_line({"class ", missing, " missing"});
    }
    for (int colour = 0; colour < kDiagramColours; ++colour) {
      const std::string& names = members[static_cast<std::size_t>(colour)];
      if (names.empty()) continue;
      const std::string name = "c" + std::to_string(colour);
      write_line({"classDef ", name, " ", mermaid_colours(colour)});
      write_line({"class ", names, " ", name});
    }
  }

  void write_zone_class() {
    if (zones_ == 0) return;
    out_ += kZoneClass;
    for (std::size_t i = 0; i < zones_; ++i) out_ += (i == 0 ? "  class " : ",") + name_of('z', i);
    out_ += " zone\n";
  }

  const Diagram& diagram_;
  std::vector<bool> framed_;  ///< of each colour
  std::string out_;
  std::size_t zones_ = 0;
};

/// The first points as lines, and how many more there are.
std::vector<std::string> listed(const std::vector<std::string>& points, const char* mark) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(points.size(), kMaxPoints); ++i)
    lines.push_back(mark + points[i]);
  if (points.size() > kMaxPoints)
    lines.push_back("and " + std::to_string(points.size() - kMaxPoints) + " more");
  return lines;
}

}  // namespace

std::string to_mermaid(const Diagram& diagram) { return FlowchartWriter(diagram).write(); }

std::string to_mermaid(const DiagramOutline& outline) {
  std::string out =
      "flowchart LR\n  accTitle: " + outline.title + "\n  n0((" + label({outline.title}) + "))\n";
  bool has_questions = false;
  for (std::size_t i = 0; i < outline.topics.size(); ++i) {
    const OutlineTopic& topic = outline.topics[i];
    const std::string name = name_of('n', i);
    out += "  n0 --> " + name + "([" + label({topic.name, topic.summary}) + "])\n";
    if (!topic.points.empty())
      out += "  " + name + " --> " + name_of('p', i) + '[' +
             label(listed(topic.points, "\xE2\x80\xA2 ")) + "]\n";
    if (topic.questions.empty()) continue;
    has_questions = true;
    out += "  " + name + " -.-> " + name_of('q', i) + '[' + label(listed(topic.questions, "? ")) +
           "]:::zone\n";
  }
  if (has_questions) out += kZoneClass;
  append_notes(out, outline.notes);
  return out;
}

}  // namespace llmw
