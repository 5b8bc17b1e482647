import { Api } from "../core/api";
import { readGuest } from "../core/invitation";
import { ApiContext } from "../hooks/use-api";
import { useMe } from "../hooks/use-me";
import { useRoute } from "../hooks/use-route";
import { type MakeStudio, useStudioOf } from "../hooks/use-studio-of";
import { Trouble } from "../components/Trouble";
import { messageOf } from "../components/words";
import { GuestPage, type MakeGuest } from "./GuestPage";
import { Login } from "./Login";
import { Pages } from "./Pages";
import { type MakePhone, PhonePage } from "./PhonePage";
import { type MakeViewer, ViewerPage } from "./ViewerPage";

interface Props {
  api: Api;
  makeStudio: MakeStudio;
  makePhone: MakePhone;
  makeGuest: MakeGuest;
  makeViewer: MakeViewer;
}

export function App({ api, makeStudio, makePhone, makeGuest, makeViewer }: Props) {
  const route = useRoute();
  if (route.page === "guest") {
    const role = readGuest(route.token)?.role;
    if (role === "guest") return <GuestPage token={route.token} makeGuest={makeGuest} />;
    if (role === "viewer") return <ViewerPage token={route.token} makeViewer={makeViewer} />;
    return <PhonePage token={route.token} makePhone={makePhone} />;
  }
  return (
    <ApiContext value={api}>
      <Inside api={api} makeStudio={makeStudio} />
    </ApiContext>
  );
}

function Inside({ api, makeStudio }: Omit<Props, "makePhone" | "makeGuest" | "makeViewer">) {
  const [me, again] = useMe(api);
  const isIn = me.state === "here" && me.value !== null;
  const studio = useStudioOf(makeStudio, isIn);
  if (me.state === "here" && me.value === null) return <Login reason={null} onDone={again} />;
  if (me.state === "failed" && isRefusal(me.error)) return <Login reason={messageOf(me.error)} onDone={again} />;
  if (me.state === "failed")
    return (
      <main className="narrow">
        <Trouble what="The server does not answer" error={me.error} onAgain={again} />
      </main>
    );
  if (typeof studio === "string")
    return (
      <main className="narrow">
        <Trouble what="The studio cannot open" error={studio} onAgain={() => location.reload()} />
      </main>
    );
  return studio ? <Pages studio={studio} /> : <main className="narrow dim">Opening the studio …</main>;
}

/* The token of the address was wrong: then another may be right. */
function isRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && "status" in error && (error.status === 401 || error.status === 403);
}
