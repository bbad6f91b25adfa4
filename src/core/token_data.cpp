#include "core/token_data.hpp"

// The assembler takes the files in as they are; LLMW_TOKEN_TABLES is their folder.
#define LLMW_EMBED(symbol, file)              \
  asm(".section .rodata\n"                    \
      ".balign 64\n"                          \
      ".global " symbol                       \
      "\n"                                    \
      ".hidden " symbol "\n" symbol           \
      ":\n"                                   \
      ".incbin \"" LLMW_TOKEN_TABLES "/" file \
      "\"\n"                                  \
      ".previous\n")

LLMW_EMBED("llmw_o200k_base_table", "o200k_base.table");
LLMW_EMBED("llmw_cl100k_base_table", "cl100k_base.table");
LLMW_EMBED("llmw_tekken_table", "tekken.table");
LLMW_EMBED("llmw_unicode_table", "unicode.table");

extern "C" {
extern const unsigned char llmw_o200k_base_table[];
extern const unsigned char llmw_cl100k_base_table[];
extern const unsigned char llmw_tekken_table[];
extern const unsigned char llmw_unicode_table[];
}

namespace llmw {

const unsigned char* token_table(Encoding encoding) {
  switch (encoding) {
    case Encoding::o200k_base: return llmw_o200k_base_table;
    case Encoding::cl100k_base: return llmw_cl100k_base_table;
    case Encoding::tekken: break;
  }
  return llmw_tekken_table;
}

const unsigned char* character_classes() { return llmw_unicode_table; }

}  // namespace llmw
