import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { CallsPage } from "../calls/calls-page.tsx";
import { HostsPage } from "../hosts/hosts-page.tsx";
import { LatencyPage } from "../latency/latency-page.tsx";
import { LogsPage } from "../logs/logs-page.tsx";
import { ActorPage } from "../manager/actor-page.tsx";
import { ManagerPage } from "../manager/manager-page.tsx";
import { MessagesPage } from "../messages/messages-page.tsx";
import { OperationsPage } from "../operations/operations-page.tsx";
import { OverviewPage } from "../overview/overview-page.tsx";
import { PanelPage } from "../panels/panel-page.tsx";
import { ReasonPage } from "../reasons/reason-page.tsx";
import { fleet, link } from "../state/page.ts";
import { type Route, route } from "../state/route.ts";
import { titleOf } from "../state/title.ts";

import { WorkPage } from "../work/work-page.tsx";
import { useArrival } from "./arrival.ts";
import { Guarded } from "./guarded.tsx";
import { Header, LinkBanner } from "./header.tsx";
import { Notices } from "./notices.tsx";
import { Shortcuts } from "./shortcuts.tsx";

export function App(): JSX.Element {
  const { is } = link.state.value;
  const current = is === "live" || is === "connecting";
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <Header />
      <LinkBanner />
      <main id="main" tabIndex={-1} class={current ? "main" : "main out-of-date"}>
        <Page />
      </main>
      <Notices />
      <Shortcuts />
    </>
  );
}

function Page(): JSX.Element {
  const here = route.value;
  fleet.revision.value;
  const title = `${titleOf(here)} · Reeve inspector`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  const view = JSON.stringify(here);
  useArrival(view);
  return (
    <Guarded key={view} what="This page">
      <View here={here} />
    </Guarded>
  );
}

function View({ here }: { readonly here: Route }): JSX.Element {
  if (here.page === "manager") return <ManagerPage key={here.name} name={here.name} />;
  if (here.page === "actor") {
    const { name, actor } = here;
    return <ActorPage key={`${name} ${actor}`} name={name} actor={actor} />;
  }
  if (here.page === "messages") return <MessagesPage />;
  if (here.page === "calls") return <CallsPage />;
  if (here.page === "latency") return <LatencyPage />;
  if (here.page === "work") return <WorkPage />;
  if (here.page === "logs") return <LogsPage />;
  if (here.page === "hosts") return <HostsPage />;
  if (here.page === "operations") return <OperationsPage />;
  if (here.page === "reason") return <ReasonPage reason={here.reason} />;
  if (here.page === "panel") return <PanelPage key={here.id} id={here.id} />;
  return <OverviewPage />;
}

/** A link would change the fragment, which names the view. */
function skip(): void {
  document.querySelector<HTMLElement>("#main")?.focus();
}
