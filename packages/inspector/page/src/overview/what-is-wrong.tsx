import type { JSX } from "preact";
import { StateGlyph } from "../shell/icons.tsx";
import { ReasonLink } from "../shell/reason-link.tsx";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { setFilter } from "../state/route.ts";
import { failed, type Problem, problemsOf } from "./problems.ts";

/** Every reason for which something is not well, once, with how much of the fleet it concerns. */
export function WhatIsWrong(): JSX.Element | null {
  fleet.revision.value;
  const problems = problemsOf(fleet.managers());
  if (problems.length === 0) return null;
  return (
    <section class="card problems" aria-labelledby="problems-title">
      <h2 id="problems-title">What is wrong</h2>
      <ul>
        {problems.map((problem) => (
          <Line key={`${problem.tone} ${problem.reason}`} problem={problem} />
        ))}
      </ul>
    </section>
  );
}

function showOnly({ reason, tone }: Problem): void {
  if (reason === failed) setFilter("tone", tone);
  else setFilter("find", reason);
}

function Line({ problem }: { readonly problem: Problem }): JSX.Element {
  const { reason, tone, managers, hosts, message, otherWords } = problem;
  return (
    <li class={`problem tone-${tone}`}>
      <StateGlyph tone={tone} />
      <ReasonLink reason={reason} />
      <button type="button" class="text-button" onClick={() => showOnly(problem)} title="Show only these">
        {countText(managers)} {managers === 1 ? "manager" : "managers"} on {countText(hosts)}{" "}
        {hosts === 1 ? "host" : "hosts"}
      </button>
      <span class="problem-message">
        {message}
        {otherWords > 0 && ` · and ${countText(otherWords)} in other words`}
      </span>
    </li>
  );
}
