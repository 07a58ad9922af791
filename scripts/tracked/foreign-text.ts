/** What would tie the repository to one machine or one registry. */
const patterns: readonly { readonly found: RegExp; readonly what: string }[] = [
  {
    found: /(?<![\w.~-])\/(?:home|Users)\/[\w.-]+|(?<![\w.~/-])\/root\/[\w.-]+|[A-Z]:\\Users\\\w+/g,
    what: "a path of one machine",
  },
  {
    found: /https?:\/\/[^\s"'/]*(?:registry|artifactory|nexus|verdaccio|jfrog)[^\s"'/]*|npm\.pkg\.github\.com/g,
    what: "a registry host",
  },
  { found: /_authToken\s*=|_password\s*=|-----BEGIN [A-Z ]*PRIVATE KEY/g, what: "a credential" },
];

/** Finds such text in a file. `root` is where the repository lies here, which no file needs to know either. */
export function foreignText(root: string, path: string, text: string): string[] {
  const found = patterns.flatMap(({ found, what }) => [...text.matchAll(found)].map((match) => tell(match, what)));
  const here = [...text.matchAll(new RegExp(`${literally(root)}(?![\\w-])`, "g"))].map((match) =>
    tell(match, "this checkout's path"),
  );
  const hosts = path.endsWith("pnpm-lock.yaml") ? [...text.matchAll(/\S+:\/\/\S+/g)] : [];
  return [...found, ...here, ...hosts.map((match) => tell(match, "a host in the lock file"))];

  function tell(match: RegExpExecArray, what: string): string {
    const line = text.slice(0, match.index).split("\n").length;
    return `${path}:${line} has ${what}: ${match[0]}`;
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
