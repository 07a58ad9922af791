import { lineAt, type Page } from "./pages.ts";

const fence = /^( *)```(?:ts|typescript)[^\n]*\n[\s\S]*?^\1```/gm;
const start = /\bsupervisor\.start\(\)/;

/**
 * Finds each example that starts a supervisor before it handles signals: a start may wait for a broker, and until signals are
 * handled a SIGHUP ends the process. Decisions of the past stay as they were written.
 */
export function lateSignals(files: readonly Page[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (path.includes("docs/adr/") || path.endsWith(".test.ts")) return [];
    const examples = path.endsWith(".md") ? [...text.matchAll(fence)] : [{ 0: text, index: 0 }];
    return examples.flatMap(({ 0: code, index }) => {
      const started = code.search(start);
      if (started < 0 || code.slice(0, started).includes(".handleSignals()")) return [];
      return [`${path}:${lineAt(text, index + started)} starts a supervisor before it handles signals`];
    });
  });
}
