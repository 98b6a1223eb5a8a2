// Generated. Types of the API of the VS Code extension nexus.nexus-telemetry, version 1. Copy this file into your extension.
// Guide: docs/guide/extension-api.md.
import type { Event } from "vscode";

/** `off`: nothing is stored. `local`: stored on the user's machine. `share`: stored, and may be uploaded. */
export type Mode = "off" | "local" | "share";

/** The exports of the extension. */
export interface NexusTelemetry {
  readonly version: 1;
  /** `id`: your extension's ID (`publisher.name`). Only its salted hash is stored. */
  forExtension(id: string): Recording;
}

export interface Recording {
  readonly mode: Mode;
  readonly onDidChangeMode: Event<Mode>;
  /** Records an event; values outside the vocabulary are dropped. Never throws. Returns whether it was accepted. */
  record<T extends keyof EventFields>(type: T, fields: EventFields[T]): boolean;
  /** Runs `work` and records it as a command; returns or throws what `work` does. */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R>;
}

/** The fields of each event. */
export interface EventFields {
  /** A terminal command or an agent's tool call started or ended. */
  readonly agent_event: {
    /** Type of the agent event. */
    readonly stream: "tool";
    /** Public name of the tool, such as run_terminal_cmd; mcp or custom for tools without a public name. */
    readonly tool_name: string;
    /** Whether the tool call started or ended. */
    readonly tool_phase: "start" | "end";
    /** Public name of the tool's MCP server, such as github; nothing for servers that are not on the list. */
    readonly mcp_server?: string;
    /** Public name of the agent that made the tool call. */
    readonly agent?: string;
    /** Whether the main agent or one of its subagents did it. */
    readonly agent_role?: string;
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path?: string;
    /** How the commands of the line were joined, not counting those that only set the scene, such as cd. */
    readonly chain?: string;
    /** Number of commands in the line, not counting those that only set the scene. */
    readonly command_count?: number;
    /** Whether status, exit class and duration are those of the command, of the whole line, or of a session in which the program waited for the user. */
    readonly outcome_of?: string;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Exit status: the class of the exit code; negative for an answer such as no match. Never any output. */
    readonly exit_class?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** What an agent did besides calling tools: turns, subagents, questions, compaction, results. */
  readonly agent_activity: {
    /** What the agent did, other than a tool call. */
    readonly activity: string;
    /** Public name of the agent that made the tool call. */
    readonly agent?: string;
    /** Whether the main agent or one of its subagents did it. */
    readonly agent_role?: string;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Number of lines that the agent added to files. Never the lines. */
    readonly lines_added?: number;
    /** Number of lines that the agent removed from files. Never the lines. */
    readonly lines_removed?: number;
    /** Number of the agent's edits that the user accepted. */
    readonly edits_accepted?: number;
    /** Number of the agent's edits that the user rejected. */
    readonly edits_rejected?: number;
    /** Number of commits that the agent made. */
    readonly commits?: number;
    /** Number of pull requests that the agent opened. */
    readonly pull_requests?: number;
    /** Time in which the agent was used actively, as reported by the agent, in milliseconds. */
    readonly active_ms?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** An agent sent a request to a language model. Token counts only, never text. */
  readonly model_request: {
    /** Public name of the agent that made the tool call. */
    readonly agent?: string;
    /** Whether the main agent or one of its subagents did it. */
    readonly agent_role?: string;
    /** Number of input tokens. */
    readonly tokens_input?: number;
    /** Number of output tokens. */
    readonly tokens_output?: number;
    /** Number of input tokens that were read from the provider's cache. */
    readonly tokens_cached?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Number of input tokens of a model request that were read from the provider's cache. */
    readonly tokens_cache_read?: number;
    /** Number of input tokens that were written to the provider's cache for 5 minutes. */
    readonly tokens_cache_write_5m?: number;
    /** Number of input tokens that were written to the provider's cache for 1 hour. */
    readonly tokens_cache_write_1h?: number;
    /** Number of output tokens that the model used for reasoning. */
    readonly tokens_reasoning?: number;
    /** Whether the input of the request was so long that providers charge more. Derived. */
    readonly context_size?: string;
    /** Cost of the model request in millionths of a US dollar, as reported by the agent. */
    readonly cost_microusd?: number;
    /** Reasoning effort that was selected for the request. */
    readonly effort?: string;
    /** Speed that was selected for the request. */
    readonly speed?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A command of a Nexus tool started. */
  readonly command_started: {
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path: string;
    /** How a command of the product was started. */
    readonly invocation_kind?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** ThinkTools of the command, in order. */
    readonly thinktool_chain?: readonly string[];
    /** Number of ThinkTools that the command chained. */
    readonly thinktool_count?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A command of a Nexus tool succeeded. */
  readonly command_finished: {
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path: string;
    /** How a command of the product was started. */
    readonly invocation_kind?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** ThinkTools of the command, in order. */
    readonly thinktool_chain?: readonly string[];
    /** Number of ThinkTools that the command chained. */
    readonly thinktool_count?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Exit status: the class of the exit code; negative for an answer such as no match. Never any output. */
    readonly exit_class?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Time spent waiting for the model, in milliseconds. */
    readonly llm_latency_ms?: number;
    /** Time spent processing on this machine, in milliseconds. */
    readonly processing_ms?: number;
    /** Number of input tokens. */
    readonly tokens_input?: number;
    /** Number of output tokens. */
    readonly tokens_output?: number;
    /** Number of input tokens that were read from the provider's cache. */
    readonly tokens_cached?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Whether the result came from the cache. */
    readonly cache_hit?: boolean;
    /** Confidence score of the result, from 0 to 1. Computed; contains no content. */
    readonly confidence_score?: number;
    /** Coherence score of the result, from 0 to 1. Computed; contains no content. */
    readonly coherence_score?: number;
    /** Depth score of the result, from 0 to 1. Computed; contains no content. */
    readonly depth_score?: number;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Public error code, or other. */
    readonly error_code?: string;
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A command of a Nexus tool failed. */
  readonly command_failed: {
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path: string;
    /** How a command of the product was started. */
    readonly invocation_kind?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** ThinkTools of the command, in order. */
    readonly thinktool_chain?: readonly string[];
    /** Number of ThinkTools that the command chained. */
    readonly thinktool_count?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Exit status: the class of the exit code; negative for an answer such as no match. Never any output. */
    readonly exit_class?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Time spent waiting for the model, in milliseconds. */
    readonly llm_latency_ms?: number;
    /** Time spent processing on this machine, in milliseconds. */
    readonly processing_ms?: number;
    /** Number of input tokens. */
    readonly tokens_input?: number;
    /** Number of output tokens. */
    readonly tokens_output?: number;
    /** Number of input tokens that were read from the provider's cache. */
    readonly tokens_cached?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Whether the result came from the cache. */
    readonly cache_hit?: boolean;
    /** Confidence score of the result, from 0 to 1. Computed; contains no content. */
    readonly confidence_score?: number;
    /** Coherence score of the result, from 0 to 1. Computed; contains no content. */
    readonly coherence_score?: number;
    /** Depth score of the result, from 0 to 1. Computed; contains no content. */
    readonly depth_score?: number;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Public error code, or other. */
    readonly error_code?: string;
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A command of a Nexus tool was cancelled. Counted neither as success nor as failure. */
  readonly command_cancelled: {
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path: string;
    /** How a command of the product was started. */
    readonly invocation_kind?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** ThinkTools of the command, in order. */
    readonly thinktool_chain?: readonly string[];
    /** Number of ThinkTools that the command chained. */
    readonly thinktool_count?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Exit status: the class of the exit code; negative for an answer such as no match. Never any output. */
    readonly exit_class?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Time spent waiting for the model, in milliseconds. */
    readonly llm_latency_ms?: number;
    /** Time spent processing on this machine, in milliseconds. */
    readonly processing_ms?: number;
    /** Number of input tokens. */
    readonly tokens_input?: number;
    /** Number of output tokens. */
    readonly tokens_output?: number;
    /** Number of input tokens that were read from the provider's cache. */
    readonly tokens_cached?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Whether the result came from the cache. */
    readonly cache_hit?: boolean;
    /** Confidence score of the result, from 0 to 1. Computed; contains no content. */
    readonly confidence_score?: number;
    /** Coherence score of the result, from 0 to 1. Computed; contains no content. */
    readonly coherence_score?: number;
    /** Depth score of the result, from 0 to 1. Computed; contains no content. */
    readonly depth_score?: number;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Public error code, or other. */
    readonly error_code?: string;
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A ThinkTool started. */
  readonly thinktool_started: {
    /** Public name of the ThinkTool. */
    readonly thinktool: string;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A ThinkTool ended. */
  readonly thinktool_completed: {
    /** Public name of the ThinkTool. */
    readonly thinktool: string;
    /** Whether the ThinkTool ran to completion. */
    readonly completed?: boolean;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** Number of steps that the ThinkTool executed. */
    readonly step_count?: number;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Confidence score of the result, from 0 to 1. Computed; contains no content. */
    readonly confidence_score?: number;
    /** Coherence score of the result, from 0 to 1. Computed; contains no content. */
    readonly coherence_score?: number;
    /** Depth score of the result, from 0 to 1. Computed; contains no content. */
    readonly depth_score?: number;
    /** Total number of tokens that the ThinkTool used. */
    readonly tokens_used?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A ThinkTool executed a step. */
  readonly thinktool_step_executed: {
    /** Public name of the ThinkTool. */
    readonly thinktool: string;
    /** Number of the step, starting at 0. */
    readonly step?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Number of steps that the ThinkTool executed. */
    readonly step_count?: number;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Confidence score of the result, from 0 to 1. Computed; contains no content. */
    readonly confidence_score?: number;
    /** Coherence score of the result, from 0 to 1. Computed; contains no content. */
    readonly coherence_score?: number;
    /** Depth score of the result, from 0 to 1. Computed; contains no content. */
    readonly depth_score?: number;
    /** Total number of tokens that the ThinkTool used. */
    readonly tokens_used?: number;
    /** Public name of the language model, without provider and date. */
    readonly model?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A profile was used. */
  readonly profile_used: {
    /** Public profile of the command, such as balanced. */
    readonly profile: string;
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path?: string;
    /** Number of ThinkTools that the command chained. */
    readonly thinktool_count?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A Nexus workspace was created. */
  readonly workspace_created: {
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A Nexus workspace was destroyed. */
  readonly workspace_destroyed: {
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A Nexus task was marked complete. */
  readonly task_completed: {
    /** Public type of the workspace's template, or custom. */
    readonly template?: string;
    /** Number of services in the workspace. */
    readonly services_count?: number;
    /** Number of ports that the workspace uses, never the port numbers. */
    readonly ports_used?: number;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Outcome of the run, call or operation. */
    readonly status?: string;
    /** Type of the error, never its message. */
    readonly error_category?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** An error occurred. Records its type, never its message. */
  readonly error_occurred: {
    /** Type of the error, never its message. */
    readonly error_category: string;
    /** Public error code, or other. */
    readonly error_code?: string;
    /** Whether the product could continue. */
    readonly recoverable?: boolean;
    /** Number of retries. */
    readonly retry_count?: number;
    /** Component of the product that failed. */
    readonly component?: string;
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** Number of the step, starting at 0. */
    readonly step?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A failed operation succeeded again. */
  readonly error_recovered: {
    /** Type of the error, never its message. */
    readonly error_category: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Public error code, or other. */
    readonly error_code?: string;
    /** Whether the product could continue. */
    readonly recoverable?: boolean;
    /** Number of retries. */
    readonly retry_count?: number;
    /** Component of the product that failed. */
    readonly component?: string;
    /** Public program and subcommand, such as git commit, or other. Never arguments. */
    readonly command_path?: string;
    /** Public profile of the command, such as balanced. */
    readonly profile?: string;
    /** Number of the step, starting at 0. */
    readonly step?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A feature was used for the first time. */
  readonly feature_first_use: {
    /** Public name of the feature. */
    readonly feature: string;
    /** How the feature was discovered. */
    readonly discovery_source?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A session started. */
  readonly session_started: {
    /** Why the agent's session started, such as resume. */
    readonly start_reason?: string;
    /** Version of the product. */
    readonly version?: string;
    /** Operating system. */
    readonly os?: string;
    /** Processor architecture. */
    readonly arch?: string;
    /** Editor in which the extension runs. */
    readonly editor?: string;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
  /** A session ended. */
  readonly session_ended: {
    /** Why the agent's session ended, such as logout. */
    readonly end_reason?: string;
    /** Duration in milliseconds. */
    readonly duration_ms?: number;
    /** Number of queries or commands in the session. */
    readonly query_count?: number;
    /** A command line. Only its public name is kept. */
    readonly command_line?: string;
    /** Becomes the class of the exit code. */
    readonly exit_code?: number;
    /** Becomes the status. */
    readonly success?: boolean;
    /** Name or URI; stored as a salted hash. */
    readonly workspace?: string;
    /** Name; stored as a salted hash. */
    readonly task?: string;
  };
}
