/**
 * Selects the proxy from the editor's settings or `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
 * `NO_PROXY`.
 */
type Environment = Readonly<Record<string, string | undefined>>;

const variable = (env: Environment, name: string): string | undefined => {
  const value = env[name.toLowerCase()] ?? env[name];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
};

/** Returns whether `NO_PROXY` contains the host, one of its domains, or `*`. */
function isExempt({ hostname, port }: URL, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((rule) => rule !== "")
    .some((rule) => {
      if (rule === "*") return true;
      const [, name = "", rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule.toLowerCase()) ?? [];
      if (rulePort !== undefined && rulePort !== port) return false;
      const domain = name.replace(/^\*?\./, "");
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}

/**
 * Returns the proxy's URL; `undefined` for a direct connection. Loopback never goes through a
 * proxy.
 */
export function proxyFor(url: URL, env: Environment, editorProxy?: string): string | undefined {
  if (/^(localhost|127\.|\[::1\])/.test(url.hostname)) return undefined;
  const exempt = variable(env, "NO_PROXY");
  if (exempt !== undefined && isExempt(url, exempt)) return undefined;
  const schemeProxy = variable(env, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const proxy = editorProxy ?? schemeProxy ?? variable(env, "ALL_PROXY");
  if (proxy === undefined) return undefined;
  const address = proxy.includes("://") ? proxy : `http://${proxy}`;
  return URL.canParse(address) ? address : undefined;
}
