// The look of every diagram, in light and dark.

#include <array>
#include <utility>

#include "core/diagram_canvas.hpp"

namespace llmw {
namespace {

// Values are written out rather than as CSS variables, which converters to PNG and PDF do not know.
// All rules begin with the class of the picture: a page may hold it inline.

struct StyleRule {
  const char* selector;
  const char* always;  ///< declarations
  const char* light;
  const char* dark;
};

constexpr StyleRule kRules[] = {
    {"", "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif", "",
     ""},
    {".bg", "", "fill:#ffffff", "fill:#0f141b"},
    {"text", "", "fill:#1b2430", "fill:#e7edf5"},
    {".m", "text-anchor:middle", "", ""},
    {".h", "font-size:13px", "fill:#5a6778", "fill:#9aa8ba"},
    {".t", "font-size:14px;font-weight:600", "", ""},
    {".cap", "font-size:11px;font-weight:600", "fill:#4d5a6b", "fill:#aab7c8"},
    {".det", "font-size:11.5px", "fill:#4d5a6b", "fill:#aab7c8"},
    {".zt", "font-size:12px;font-weight:600", "fill:#6b4a00", "fill:#f3d38c"},
    {".lt", "font-size:12px", "fill:#1b2430", "fill:#e7edf5"},
    {".b", "stroke-width:1.4", "fill:#f5f7fa;stroke:#8794a6", "fill:#1a222d;stroke:#66758a"},
    {".i", "fill:none;stroke-width:1.4", "stroke:#8794a6", "stroke:#66758a"},
    {".z", "stroke-width:1.3;stroke-dasharray:5 4", "fill:#fff8e6;stroke:#c58a00",
     "fill:#2a220f;stroke:#c99a2e"},
    {".zi", "fill:none;stroke-width:1.2", "stroke:#c58a00", "stroke:#e0b04a"},
    {".lb", "stroke-width:1", "fill:#ffffff;stroke:#a9b5c4", "fill:#17202b;stroke:#556376"},
    {".x", "stroke-width:1.4;stroke-dasharray:4 3", "fill:#fff1f1;stroke:#d13c3c",
     "fill:#331518;stroke:#f07474"},
    {".l", "fill:none;stroke-width:1.6", "stroke:#738196", "stroke:#8493a8"},
    {".a", "", "fill:#738196", "fill:#8493a8"},
    {".lo", "fill:none;stroke-width:1.6;stroke-dasharray:7 4", "stroke:#6a4fc4", "stroke:#a994f5"},
    {".ao", "", "fill:#6a4fc4", "fill:#a994f5"},
    {".lx", "fill:none;stroke-width:1.6;stroke-dasharray:4 3", "stroke:#d13c3c", "stroke:#f07474"},
    {".ax", "", "fill:#d13c3c", "fill:#f07474"},
    {".p", "fill:none;stroke-width:2;stroke-dasharray:1 5;stroke-linecap:round", "stroke:#2f7fb8",
     "stroke:#6bb3e6"},
    {".r", "fill:none;stroke-width:1", "stroke:#dde3ea", "stroke:#2a3442"},
};

struct ColourTones {
  const char* light_fill;
  const char* light_line;
  const char* light_text;
  const char* dark_fill;
  const char* dark_line;
  const char* dark_text;
};

constexpr std::array<ColourTones, kDiagramColours> kColours = {{
    {"#eef5fe", "#3974c6", "#1b447e", "#1d2939", "#5984c0", "#a8c6f0"},
    {"#fef6ee", "#c67b39", "#6d3f17", "#392a1d", "#c08959", "#f0caa8"},
    {"#eefef6", "#2e9e66", "#1b7e4d", "#1d392b", "#59c08c", "#a8f0cc"},
    {"#f5eefe", "#7439c6", "#441b7e", "#291d39", "#8459c0", "#c6a8f0"},
    {"#feeef4", "#c63968", "#7e1b3c", "#391d27", "#c0597b", "#f0a8c0"},
    {"#eefcfe", "#2e8f9e", "#1b717e", "#1d3639", "#59b2c0", "#a8e6f0"},
    {"#fefbee", "#9e882e", "#6d5c17", "#39341d", "#c0ab59", "#f0e1a8"},
    {"#feeeee", "#c63939", "#7e1b1b", "#391d1d", "#c05959", "#f0a8a8"},
    {"#f5feee", "#5d9e2e", "#3b6d17", "#29391d", "#84c059", "#c6f0a8"},
    {"#feeefc", "#c639ba", "#7e1b76", "#391d37", "#c059b7", "#f0a8ea"},
    {"#eef0fe", "#3945c6", "#1b237e", "#1d2039", "#5961c0", "#a8aef0"},
    {"#eefefb", "#2e9e8b", "#1b7e6e", "#1d3935", "#59c0af", "#a8f0e4"},
}};

void append_rule(std::string& css, std::string_view selector, std::string_view declarations) {
  if (declarations.empty()) return;
  css += ".llmw-diagram";
  if (!selector.empty()) css += ' ';
  css += selector;
  css += '{';
  css += declarations;
  css += "}\n";
}

void append_tones(std::string& css, int colour, const char* fill, const char* line,
                  const char* text) {
  const std::string name = ".c" + std::to_string(colour);
  append_rule(css, ".b" + name, std::string("fill:") + fill + ";stroke:" + line);
  append_rule(css, ".i" + name, std::string("stroke:") + line);
  append_rule(css, ".cap" + name, std::string("fill:") + text);
}

void append_colours(std::string& css, bool is_dark) {
  int colour = 0;
  for (const ColourTones& tones : kColours) {
    if (is_dark) {
      append_tones(css, colour++, tones.dark_fill, tones.dark_line, tones.dark_text);
    } else {
      append_tones(css, colour++, tones.light_fill, tones.light_line, tones.light_text);
    }
  }
}

}  // namespace

std::string mermaid_colours(int colour) {
  const ColourTones& tones = kColours[static_cast<std::size_t>(colour)];
  return std::string("fill:") + tones.light_fill + ",stroke:" + tones.light_line +
         ",color:" + tones.light_text;
}

std::string diagram_style() {
  std::string css;
  for (const StyleRule& rule : kRules) {
    std::string declarations = rule.always;
    if (!declarations.empty() && *rule.light != '\0') declarations += ';';
    append_rule(css, rule.selector, declarations + rule.light);
  }
  append_colours(css, false);
  css += "@media (prefers-color-scheme:dark){\n";
  for (const StyleRule& rule : kRules) append_rule(css, rule.selector, rule.dark);
  append_colours(css, true);
  return css + "}\n";
}

}  // namespace llmw
