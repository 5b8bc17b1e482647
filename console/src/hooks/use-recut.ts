import { createContext, useContext, useEffect, useState } from "react";
import type { LogEvent, LogSource } from "../core/event";
import type { PlannedShot, Planner, StartPlanner, Wish } from "../core/recut";

/* null: this page plans no cuts. */
export const PlannerContext = createContext<StartPlanner | null>(null);

export interface Plan {
  shots: PlannedShot[] | null; /* of the newest wish that was answered */
  trouble: string | null;
}

/* The shots of another cut, decided in this browser. `wish` null: none is wanted. */
export function useRecut(lines: LogEvent[], sources: LogSource[] | undefined, wish: Wish | null): Plan {
  const start = useContext(PlannerContext);
  const [planner, setPlanner] = useState<Planner | null>(null);
  const [plan, setPlan] = useState<Plan>({ shots: null, trouble: null });
  const isWanted = wish !== null;
  useEffect(() => {
    if (!start || !isWanted || !sources || lines.length === 0) return;
    const started = start(lines, sources);
    setPlanner(started);
    return () => {
      setPlanner(null);
      started.close();
    };
  }, [isWanted, lines, sources, start]);
  useEffect(() => {
    if (!wish || !planner) return;
    let isNewest = true;
    planner.plan(wish).then(
      (shots) => isNewest && setPlan({ shots, trouble: null }),
      (error: unknown) => isNewest && setPlan({ shots: null, trouble: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isNewest = false;
    };
  }, [planner, wish]);
  return wish ? plan : { shots: null, trouble: null };
}
