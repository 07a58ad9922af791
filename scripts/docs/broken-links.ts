import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { lineAt, type Page, withoutCode } from "./pages.ts";

const link =
  /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^[ \t]*\[[^\]]+\]:\s+<?(\S+?)>?\s*$|<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/gm;

/** Finds each relative link that leads to no file, leaves the repository, or names a heading that its page has not. */
export function brokenLinks(root: string, pages: readonly Page[]): string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  return pages.flatMap((page) => {
    const prose = withoutCode(page.text);
    return [...prose.matchAll(link)].flatMap((match) => {
      const target = match[1] ?? match[2] ?? match[3]!;
      const wrong = judge(root, page, target, byPath);
      return wrong ? [`${page.path}:${lineAt(prose, match.index)} ${wrong}`] : [];
    });
  });
}

function judge(root: string, page: Page, target: string, pages: ReadonlyMap<string, Page>): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [file = "", anchor] = target.split("#", 2);
  if (file.startsWith("/")) return `links to ${target}; write it relative to the page`;
  const path = file === "" ? page.path : relative(root, join(root, dirname(page.path), decodeURI(file)));
  if (path.startsWith("..")) return `links to ${target}, outside the repository`;
  if (!existsSync(join(root, path))) return `links to ${target}, which is not there`;
  if (!anchor || statSync(join(root, path)).isDirectory()) return undefined;
  const other = pages.get(path);
  if (!other || headings(other).has(anchor)) return undefined;
  return `links to ${target}, but ${path} has no such heading`;
}

/** The anchors that GitHub gives a page's headings. */
function headings({ text }: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [line] of text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} .*$/gm)) {
    const slug = line
      .replace(/^#+ +/, "")
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}
