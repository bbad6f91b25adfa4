-- Options of servers and user mappings: each wrong one is refused with the way out.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

SELECT srvname, srvoptions FROM pg_foreign_server ORDER BY srvname;

-- Unknown options, with those that there are.
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider OPTIONS (protocol 'openai', url 'https://x');
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider OPTIONS (protocol 'openai', api_key 'k');
CREATE USER MAPPING FOR PUBLIC SERVER openai OPTIONS (base_url 'https://x');
CREATE USER MAPPING FOR PUBLIC SERVER openai OPTIONS (password 'x');
ALTER FOREIGN DATA WRAPPER llm_provider OPTIONS (ADD protocol 'openai');
CREATE FOREIGN TABLE bad (a int) SERVER openai OPTIONS (model 'x');

-- What a server needs.
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider;
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider OPTIONS (protocol 'openai');
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'builtin', base_url 'https://x');
ALTER SERVER openai OPTIONS (DROP base_url);
ALTER SERVER openai OPTIONS (DROP protocol);

-- Values.
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'gopher', base_url 'https://x');
ALTER SERVER local OPTIONS (SET structured_output 'yaml');
ALTER SERVER local OPTIONS (ADD max_concurrency '-1');
ALTER SERVER local OPTIONS (ADD max_concurrency '1e3');
ALTER SERVER local OPTIONS (ADD max_concurrency '100001');
ALTER SERVER local OPTIONS (ADD requests_per_minute '-1');
ALTER SERVER local OPTIONS (ADD requests_per_minute '60/min');
ALTER SERVER local OPTIONS (ADD tokens_per_minute '100000001');
ALTER SERVER local OPTIONS (ADD adaptive 'sometimes');
ALTER SERVER local OPTIONS (ADD max_model_len '0');
ALTER SERVER local OPTIONS (ADD max_model_len '8k');
ALTER SERVER local OPTIONS (ADD max_model_len '100000001');
ALTER SERVER local OPTIONS (ADD allow_http 'maybe');
ALTER SERVER local OPTIONS (ADD api_key_env 'A B');
ALTER SERVER local OPTIONS (ADD api_key_file 'relative/key');

-- Limits of 0 are none.
ALTER SERVER local OPTIONS (ADD requests_per_minute '0', ADD tokens_per_minute '100000000');
ALTER SERVER local OPTIONS (SET requests_per_minute '60', DROP tokens_per_minute);
ALTER SERVER local OPTIONS (DROP requests_per_minute);

-- URLs.
\set VERBOSITY terse
ALTER SERVER local OPTIONS (SET base_url '');
\set VERBOSITY default
ALTER SERVER local OPTIONS (SET base_url 'ftp://x');
ALTER SERVER local OPTIONS (SET base_url 'https://user:canary@x');
ALTER SERVER local OPTIONS (SET base_url 'https://x?key=canary');
ALTER SERVER local OPTIONS (SET base_url 'https://x#y');
ALTER SERVER local OPTIONS (SET base_url E'https://x/\r\nHost: y');
ALTER SERVER local OPTIONS (SET base_url 'https://2130706433');
-- Plain http: this machine only, unless the server says otherwise.
ALTER SERVER local OPTIONS (SET base_url 'http://example.com/v1');
ALTER SERVER local OPTIONS (SET base_url 'http://127.0.0.1.example.com/v1');
ALTER SERVER local OPTIONS (SET base_url 'http://10.0.0.1/v1', ADD allow_http 'false');
ALTER SERVER local OPTIONS (SET base_url 'http://localhost:11434/v1');
ALTER SERVER local OPTIONS (SET base_url 'http://127.8.8.8');
ALTER SERVER local OPTIONS (SET base_url 'http://[::1]:8080/v1/');
ALTER SERVER local OPTIONS (SET base_url 'http://10.0.0.1/v1', ADD allow_http 'true');
-- The exception cannot be withdrawn alone.
ALTER SERVER local OPTIONS (SET allow_http 'off');

-- Keys: never repeated in a message.
CREATE USER MAPPING FOR PUBLIC SERVER local OPTIONS (api_key E'canary\n');
CREATE USER MAPPING FOR PUBLIC SERVER local OPTIONS (api_key 'canäry');
CREATE USER MAPPING FOR PUBLIC SERVER local OPTIONS (api_key '');
CREATE USER MAPPING FOR PUBLIC SERVER local OPTIONS (api_key 'sk-fine');
\set VERBOSITY sqlstate
CREATE USER MAPPING FOR CURRENT_USER SERVER local OPTIONS (api_key E'canary\t');
CREATE USER MAPPING FOR CURRENT_USER SERVER local OPTIONS (key 'x');
CREATE SERVER bad FOREIGN DATA WRAPPER llm_provider;
\set VERBOSITY default

-- Who may set what.
CREATE ROLE regress_llmw_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER llm_provider TO regress_llmw_owner;
CREATE SERVER shared FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://api.example.com', api_key_env 'EXAMPLE_KEY');
ALTER SERVER shared OWNER TO regress_llmw_owner;
SET ROLE regress_llmw_owner;
CREATE SERVER own FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://x', api_key_env 'PATH');
CREATE SERVER own FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://x', api_key_file '/etc/passwd');
CREATE SERVER own FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://x', max_concurrency '4');
CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (api_key 'sk-own');
-- The owner cannot send the superuser's key to a host of his own.
ALTER SERVER shared OPTIONS (SET base_url 'https://evil.example');
ALTER SERVER shared OPTIONS (ADD max_concurrency '1');
-- He may give the key up.
ALTER SERVER shared OPTIONS (SET base_url 'https://evil.example', DROP api_key_env);
RESET ROLE;
DROP SERVER shared;
DROP SERVER own CASCADE;
DROP USER MAPPING FOR PUBLIC SERVER local;
REVOKE USAGE ON FOREIGN DATA WRAPPER llm_provider FROM regress_llmw_owner;
DROP ROLE regress_llmw_owner;
DROP EXTENSION llm_workflow;
