/** What a process of the example says to `main.ts`, a JSON object per line. */
export type Word =
  /** `page`: its address, where it serves one. */
  | { readonly event: "ready"; readonly page?: string | undefined }
  | { readonly event: "said"; readonly line: string }
  | { readonly event: "step"; readonly name: string; readonly ok: boolean; readonly ms: number; readonly why?: string }
  /** Let this happen to the storage process now. */
  | { readonly event: "wish"; readonly wish: "kill" | "drain" };

export function speak(word: Word): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}
