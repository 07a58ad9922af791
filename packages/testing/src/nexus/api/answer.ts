/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly type: "application/json" | "application/json-rpc" | "text/xml" | "text/html";
  readonly body: string;
}

/** What nginx in front of NX-API says by itself. */
export function page(status: 401 | 403 | 404 | 405 | 502 | 503): Answer {
  const title = `${status} ${titles[status]}`;
  const body = [
    "<html>",
    `<head><title>${title}</title></head>`,
    '<body bgcolor="white">',
    `<center><h1>${title}</h1></center>`,
    "<hr><center>nginx/1.7.10</center>",
    "</body>",
    "</html>",
    "",
  ].join("\r\n");
  return { status, type: "text/html", body };
}

const titles = {
  401: "Authorization Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Not Allowed",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
} as const;

/** A request that is neither JSON-RPC nor ins_api. */
export function badRequest(): Answer {
  const outputs = { output: { msg: "Server internal error.", code: "400" } };
  return { status: 400, type: "text/xml", body: xml("ins_api", { outputs }) };
}

/** A document of elements in elements; an array is the same element several times. */
export function xml(root: string, value: unknown): string {
  return `<?xml version="1.0"?>\n${element(root, value, "")}\n`;
}

function element(name: string, value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.map((each) => element(name, each, indent)).join("\n");
  if (typeof value !== "object" || value === null) return `${indent}<${name}>${escaped(String(value ?? ""))}</${name}>`;
  const inner = Object.entries(value).map(([key, each]) => element(key, each, `${indent}  `));
  return [`${indent}<${name}>`, ...inner, `${indent}</${name}>`].join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => (sign === "&" ? "&amp;" : sign === "<" ? "&lt;" : "&gt;"));
}
