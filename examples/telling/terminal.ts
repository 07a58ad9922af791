import { styleText } from "node:util";
import { formatMs } from "./format.ts";
import type { Teller } from "./teller.ts";

const margin = "     ";
const barCells = 30;

/** The part of a stream that is written to. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

type Style = Parameters<typeof styleText>[0];

/** For people: colour where the terminal shows it and `NO_COLOR` does not forbid it, and bars that move only in a terminal. */
export function terminal(output: Output, env: NodeJS.ProcessEnv = process.env): Teller {
  const coloured = output.isTTY === true && !env.NO_COLOR;
  const paint = (style: Style, text: string) => (coloured ? styleText(style, text, { validateStream: false }) : text);
  const line = (text = "") => output.write(`${text}\n`);
  return {
    begin(number, title) {
      line(`${paint("dim", String(number).padStart(3))}  ${paint("bold", title)}`);
    },
    say: (text) => line(margin + text),
    table(head, rows) {
      const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]!.length)));
      const row = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join("   ");
      line(margin + paint("dim", row(head).trimEnd()));
      for (const cells of rows) line(margin + row(cells).trimEnd());
    },
    bar(label) {
      const draw = (percent: number) => {
        const full = Math.round((barCells * percent) / 100);
        const cells = paint("cyan", "━".repeat(full)) + paint("dim", "─".repeat(barCells - full));
        return `${margin}${label} ${cells} ${String(percent).padStart(3)} %`;
      };
      return (percent) => {
        if (output.isTTY) output.write(`\r${draw(percent)}${percent === 100 ? "\n" : ""}`);
        else if (percent === 100) line(draw(percent));
      };
    },
    end(ms, failure) {
      if (failure === undefined) line(`${margin}${paint("green", "✓")} ${paint("dim", formatMs(ms))}`);
      else line(`${margin}${paint("red", "✗")} ${failure}`);
      line();
    },
    close: (text) => line(text),
  };
}
