\echo Use "CREATE EXTENSION llm_workflow" to load this file. \quit

