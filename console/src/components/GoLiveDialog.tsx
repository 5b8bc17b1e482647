import { useEffect, useState } from "react";
import type { Me, SavedDestination, Way } from "../core/api";
import { useApi } from "../hooks/use-api";
import { Dialog } from "./Dialog";
import { NewDestination } from "./NewDestination";
import { TestDestination } from "./TestDestination";
import { messageOf } from "./words";

const DELAYS_S = [0, 5, 10, 20, 30];

const WAYS: Record<Way, { name: string; what: string }> = {
  console: { name: "This server", what: "sends what this browser encodes. Costs least." },
  livekit: { name: "LiveKit Egress", what: "sends the program that this browser shows in the room." },
  "livekit-composite": { name: "LiveKit Egress, without this browser", what: "shows who is on air by itself, and goes on when this page is closed; then without the cameras of this room." },
};

/* Which of the saved destinations, how far behind, and then once more: this is seen by others. */
export function GoLiveDialog({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const api = useApi();
  const [saved, setSaved] = useState<SavedDestination[] | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [delay, setDelay] = useState(0);
  const [egress, setEgress] = useState<NonNullable<Me["egress"]> | null>(null); /* null: not known, or an older server */
  const [way, setWay] = useState<Way>("console");
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const fail = (error: unknown) => {
    setBusy(false);
    setTrouble(messageOf(error));
  };
  const load = () => api.destinations().then(({ destinations }) => setSaved(destinations), fail);
  useEffect(() => {
    void load();
    api.me().then(({ egress }) => {
      if (!egress) return;
      setEgress(egress);
      setWay(egress.usual);
    }, fail);
  }, []);
  const canChoose = egress !== null && egress.ways.length > 1;
  const choose = (name: string, isChosen: boolean) => setChosen(new Set(isChosen ? [...chosen, name] : [...chosen].filter((one) => one !== name)));
  const remove = (name: string) => {
    choose(name, false);
    api.removeDestination(name).then(load, fail);
  };
  const goLive = () => {
    setBusy(true);
    setTrouble(null);
    api.goLive(sessionId, [...chosen], way === "console" ? delay : 0, canChoose ? way : undefined).then(onClose, fail);
  };
  return (
    <Dialog
      title="Go live"
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            Not now
          </button>
          <button type="button" className="record" disabled={isBusy || chosen.size === 0} onClick={goLive}>
            Go live{chosen.size > 1 ? ` at ${chosen.size} places` : ""}
          </button>
        </>
      }
    >
      <div className="stack">
        <ul className="rows" aria-label="Destinations">
          {(saved ?? []).map(({ name, address }) => (
            <li key={name} className="wrap">
              <label className="line grow">
                <input type="checkbox" checked={chosen.has(name)} onChange={(event) => choose(name, event.target.checked)} />
                <span className="grow">
                  <b>{name}</b> <span className="small dim">{address}</span>
                </span>
              </label>
              <TestDestination name={name} />
              <button type="button" className="quiet" onClick={() => remove(name)} aria-label={`Remove ${name}`}>
                Remove
              </button>
            </li>
          ))}
        </ul>
        {saved?.length === 0 && <p className="dim">No destination yet. Add one: the platform's live page has the address and the key.</p>}
        <NewDestination
          isFirst={saved?.length === 0}
          onSaved={(name) => {
            choose(name, true);
            void load();
          }}
        />
        {canChoose && <Ways ways={egress.ways} way={way} onChoose={setWay} />}
        <label className="field">
          <span>Behind the studio by{way !== "console" && " (LiveKit Egress has no delay)"}</span>
          <select value={way === "console" ? delay : 0} disabled={way !== "console"} onChange={(event) => setDelay(Number(event.target.value))}>
            {DELAYS_S.map((s) => (
              <option key={s} value={s}>
                {s === 0 ? "No delay" : `${s} seconds`}
              </option>
            ))}
          </select>
        </label>
        {trouble && (
          <p className="warn" role="alert">
            {trouble}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Ways({ ways, way, onChoose }: { ways: readonly Way[]; way: Way; onChoose: (way: Way) => void }) {
  return (
    <fieldset className="ways">
      <legend className="small dim">Sent by</legend>
      {ways.map((one) => (
        <label key={one} className="line">
          <input type="radio" name="way" checked={way === one} onChange={() => onChoose(one)} />
          <span className="grow">
            <b>{WAYS[one].name}</b> <span className="small dim">{WAYS[one].what}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
