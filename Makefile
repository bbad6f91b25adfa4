# Builds and installs what ships, and runs the tests that need a server.
#
#   make && make install && make installcheck      as for any extension; PG_CONFIG=... picks a server
#   make -f PATH/Makefile                          the same from another, empty directory
#   make unit fuzz conformance tokens browser lint tidy format bench   the developer's side, built by CMakeLists.txt
#   make packaging package                         tests of what is installed where; a Debian package
#   make console                                   the console's tests, on the server that has it installed
#   make chaos                                     the kill tests with LLMW_KILLS=200 kills
#   make reference                                 writes docs/reference, as an unprivileged user
#
# The folders are the lists: a new file in src/, sql/ or test/ needs no edit here. The version is
# read from the control file. installcheck starts its own servers, as an unprivileged user.

EXTENSION = llm_workflow
MODULE_big = $(EXTENSION)

top := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
in_top = $(patsubst $(top)/%,%,$(wildcard $(addprefix $(top)/,$(1))))

EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" $(top)/$(EXTENSION).control)
INSTALL_SCRIPT_PARTS := $(sort $(call in_top,sql/install/[0-9]*.sql))

OBJS = $(patsubst %.cpp,%.o,$(sort $(call in_top,src/*.cpp src/*/*.cpp)))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
DATA = $(call in_top,sql/upgrade/*.sql)

REGRESS = $(patsubst sql/%.sql,%,$(sort $(call in_top,sql/*.sql)))
REGRESS_OPTS = --temp-instance=./tmp_check --temp-config=$(top)/test/regress.conf
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(call in_top,test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(top)/test/isolation --temp-instance=./tmp_check_iso \
	--temp-config=$(top)/test/regress.conf --load-extension=$(EXTENSION)
PROVE_TESTS = $(sort $(call in_top,test/tap/*.pl test/provider/*.pl))
TAP_TESTS = $(if $(PROVE_TESTS),1)
ENCODING = UTF8
NO_LOCALE = 1

PG_CONFIG = pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)

# PostgreSQL's headers come in with -isystem: they do not pass our warnings. PGDLLEXPORT is empty on
# Linux before PostgreSQL 16, and -fvisibility=hidden would then leave nothing to call.
PG_CPPFLAGS = -I$(top)/src -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CXXFLAGS = -std=c++20 -fvisibility=hidden -MMD -MP @$(top)/src/warnings.flags \
	-DPGDLLEXPORT='__attribute__((visibility("default")))'
ifdef WERROR
PG_CXXFLAGS += -Werror
endif

# PGXS links with the C compiler. The version script hides the templates of libstdc++, which would
# otherwise stand in for those of another extension in the same process.
SHLIB_LINK = -Wl,--version-script=$(top)/src/exports.map -Wl,--exclude-libs,ALL -lcurl -lre2 -lstdc++

EXTRA_CLEAN = $(OBJS:.o=.d) $(EXTENSION)--*.sql build tmp_check_iso output_iso

# Bitcode is for inlining small C functions into queries; ours are neither, and the step ignores
# our C++ flags.
override with_llvm := no

include $(PGXS)

# Built from another directory, make takes the folders of the sources for those of the objects.
made_folders := $(shell mkdir -p $(sort $(dir $(OBJS))))
$(OBJS): $(top)/Makefile $(top)/src/warnings.flags
$(shlib): $(top)/src/exports.map
-include $(OBJS:.o=.d)

# The version that the library says it is.
src/pg/versions.o: override CXXFLAGS += -DLLMW_VERSION='"$(EXTVERSION)"'
src/pg/versions.o: $(top)/$(EXTENSION).control

# The tables of the token encodings, which src/core/token_data.cpp embeds.
TOKEN_TABLES = build/token_tables
TOKEN_DATA = $(wildcard $(top)/data/tokens/*)
src/core/token_data.o: override CXXFLAGS += -DLLMW_TOKEN_TABLES='"$(TOKEN_TABLES)"'
src/core/token_data.o: $(TOKEN_TABLES)/made
$(TOKEN_TABLES)/made: build/make_token_tables $(top)/tools/make_token_tables.sh $(TOKEN_DATA)
	@$(MKDIR_P) $(@D)
	$(top)/tools/make_token_tables.sh $< $(@D)
build/make_token_tables: $(top)/tools/token_tables.cpp $(top)/src/core/token_table.hpp \
		$(top)/src/core/token_classes.hpp
	@$(MKDIR_P) $(@D)
	$(CXX) -std=c++20 -O2 @$(top)/src/warnings.flags $(if $(WERROR),-Werror) -I$(top)/src -o $@ $<

$(EXTENSION)--$(EXTVERSION).sql: $(INSTALL_SCRIPT_PARTS) $(top)/$(EXTENSION).control
	cat $(filter %.sql,$^) > $@

# Keeps the install script of the version that is released now (sql/upgrade/README.md).
.PHONY: keep-release
keep-release: $(EXTENSION)--$(EXTVERSION).sql
	cp $< $(top)/sql/upgrade/

# The simulated providers: what tests and benchmarks send requests to. Never installed.
SIMULATOR = build/llm_provider_sim
SIMULATOR_OBJS = $(patsubst test/provider/%.cpp,build/provider/%.o,$(call in_top,test/provider/*.cpp))
export LLM_PROVIDER_SIM = $(abspath $(SIMULATOR))

.PHONY: simulator unprivileged
simulator: $(SIMULATOR)
$(SIMULATOR): $(SIMULATOR_OBJS)
	$(CXX) -o $@ $^
build/provider/%.o: test/provider/%.cpp $(top)/src/warnings.flags
	@$(MKDIR_P) $(@D)
	$(CXX) -std=c++20 -O2 -g -MMD -MP @$(top)/src/warnings.flags $(if $(WERROR),-Werror) -c -o $@ $<
-include $(SIMULATOR_OBJS:.o=.d)

unprivileged:
	@test "$$(id -u)" != 0 || { echo "A PostgreSQL server does not run as root:" \
		"run the tests as another user." >&2; exit 1; }

installcheck: unprivileged $(if $(PROVE_TESTS),$(SIMULATOR))

# The three parts of installcheck alone. ./check runs each of them, whatever the others do.
.PHONY: check-regress check-isolation check-tap chaos
check-regress: unprivileged
	$(if $(REGRESS),$(pg_regress_installcheck) $(REGRESS_OPTS) $(REGRESS))
check-isolation: unprivileged
	$(if $(ISOLATION),$(pg_isolation_regress_installcheck) $(ISOLATION_OPTS) $(ISOLATION))
check-tap: unprivileged $(SIMULATOR)
	$(if $(PROVE_TESTS),$(prove_installcheck))
# Writes docs/reference of what there is: test/tap/081_reference.pl compares it.
.PHONY: reference
reference: export LLMW_WRITE_REFERENCE = 1
reference: PROVE_TESTS = test/tap/081_reference.pl
reference: check-tap
chaos: export LLMW_KILLS ?= 200
chaos: PROVE_TESTS = $(call in_top,test/tap/*kill*.pl)
chaos: check-tap

# What CMake builds. BUILD_* are outside of the folders that PGXS looks into.
BUILD_TESTS = build/tests
BUILD_SANITIZED = build/sanitized
CONFIGURE = cmake -S $(top) -G Ninja -DPG_CONFIG=$(PG_CONFIG)

# The JSON-Schema-Test-Suite of json-schema.org, as Debian's libtest-json-schema-acceptance-perl has it.
JSON_SCHEMA_SUITE = /usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance

.PHONY: configure-tests configure-sanitized unit unit-sanitized conformance tokens browser packaging package fuzz lint tidy format bench
configure-tests:
	$(CONFIGURE) -B $(BUILD_TESTS) $(if $(WERROR),-DLLMW_WERROR=ON)
configure-sanitized:
	$(CONFIGURE) -B $(BUILD_SANITIZED) -DCMAKE_CXX_COMPILER=clang++ -DLLMW_SANITIZE=ON \
		$(if $(WERROR),-DLLMW_WERROR=ON)
unit: configure-tests
	cmake --build $(BUILD_TESTS) --target unit_tests
	ctest --test-dir $(BUILD_TESTS) --output-on-failure
unit-sanitized: configure-sanitized
	cmake --build $(BUILD_SANITIZED) --target unit_tests
	ctest --test-dir $(BUILD_SANITIZED) --output-on-failure
conformance: configure-tests
	@test -d $(JSON_SCHEMA_SUITE)/tests || { echo "there is no $(JSON_SCHEMA_SUITE)"; exit 77; }
	cmake --build $(BUILD_TESTS) --target conformance_runners
	$(BUILD_TESTS)/conformance/json_schema $(JSON_SCHEMA_SUITE) draft7 98 draft2020-12 95
tokens: configure-tests
	cmake --build $(BUILD_TESTS) --target token_ids
	$(top)/test/tokens/run.sh $(BUILD_TESTS)/conformance/token_ids
browser: configure-tests
	cmake --build $(BUILD_TESTS) --target report_page draw_diagram
	$(top)/test/browser/run.sh $(addprefix $(BUILD_TESTS)/conformance/,report_page draw_diagram)
packaging: all
	$(top)/test/packaging/run.sh $(PG_CONFIG)
package:
	$(top)/test/packaging/debian.sh build/package
fuzz: configure-sanitized
	cmake --build $(BUILD_SANITIZED) --target fuzzers
	$(top)/.ci/fuzz $(BUILD_SANITIZED)/fuzz $(top)/test/fuzz/corpus
tidy: configure-sanitized
	$(top)/.ci/tidy $(BUILD_SANITIZED)
bench: all configure-tests $(SIMULATOR)
	cmake --build $(BUILD_TESTS) --target benchmarks
	BENCH_BIN_DIR=$(abspath $(BUILD_TESTS))/bench PG_CONFIG=$(PG_CONFIG) $(top)/test/bench/run.sh
# On the server of PG_CONFIG, which must have the extension installed.
.PHONY: console
console: unprivileged $(SIMULATOR)
	$(top)/console/test/run.sh $(PG_CONFIG) $(SIMULATOR) $(CONSOLE_PICTURES)
lint: all
	MODULE=$(abspath $(shlib)) $(top)/test/lint/run.sh
format:
	clang-format -i $(addprefix $(top)/,$(call in_top,$(foreach e,cpp hpp,src/*.$(e) src/*/*.$(e) test/*/*.$(e) tools/*.$(e))))
