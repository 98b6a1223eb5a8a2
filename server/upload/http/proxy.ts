/** Which proxy to use, as the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) or the editor sets it. */
type Environment = Readonly<Record<string, string | undefined>>;

const either = (env: Environment, name: string): string | undefined => {
  const value = env[name.toLowerCase()] ?? env[name];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
};

/** Whether `NO_PROXY` names the host: itself, a domain it is in, or `*`. */
function isExempt({ hostname, port }: URL, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((rule) => rule !== "")
    .some((rule) => {
      if (rule === "*") return true;
      const [, name = "", requested] = /^(.*?)(?::(\d+))?$/.exec(rule.toLowerCase()) ?? [];
      if (requested !== undefined && requested !== port) return false;
      const domain = name.replace(/^\*?\./, "");
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}

/** `undefined`: directly. This machine itself is never asked for through a proxy. */
export function proxyFor(url: URL, env: Environment, editorProxy?: string): string | undefined {
  if (/^(localhost|127\.|\[::1\])/.test(url.hostname)) return undefined;
  const exempt = either(env, "NO_PROXY");
  if (exempt !== undefined && isExempt(url, exempt)) return undefined;
  const named =
    editorProxy ?? either(env, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") ?? either(env, "ALL_PROXY");
  if (named === undefined) return undefined;
  const address = named.includes("://") ? named : `http://${named}`;
  return URL.canParse(address) ? address : undefined;
}
