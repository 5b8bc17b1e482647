import type { Directing } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { DEFAULTS, PRESETS, presetOf, SETTING_GROUPS, type Setting } from "./settings-table";

function Field({ setting, value }: { setting: Setting; value: number }) {
  const studio = useStudio();
  const change = (seconds: number) => {
    if (seconds >= setting.min && seconds <= setting.max) studio.changeSettings({ [setting.name]: seconds });
  };
  return (
    <div className="setting">
      <label htmlFor={`set-${setting.name}`}>
        {setting.label}
        <span className="small dim"> {value === 0 && setting.zero ? `0 = ${setting.zero}` : ""}</span>
      </label>
      <span className="unit">
        <input
          id={`set-${setting.name}`}
          key={value}
          type="number"
          min={setting.min}
          max={setting.max}
          step="any"
          defaultValue={value}
          onBlur={(event) => change(event.target.valueAsNumber)}
          onKeyDown={(event) => event.key === "Enter" && change(event.currentTarget.valueAsNumber)}
          aria-describedby={`help-${setting.name}`}
        />
        <span className="dim">s</span>
      </span>
      <p id={`help-${setting.name}`} className="small dim">
        {setting.help} {setting.min}–{setting.max} s, usually {setting.standard === 0 && setting.zero ? setting.zero : `${setting.standard} s`}.
      </p>
    </div>
  );
}

/* Every setting of the director, for those who want to know. */
export function SettingsDrawer({ directing, onClose }: { directing: Directing; onClose: () => void }) {
  const studio = useStudio();
  const preset = presetOf(directing.settings);
  const choose = (name: string) => {
    const chosen = PRESETS.find((one) => one.name === name);
    studio.changeSettings({ ...DEFAULTS, ...chosen?.values });
  };
  return (
    <Dialog title="How it directs" onClose={onClose} isDrawer>
      <label className="field">
        <span>Kind of show</span>
        <select value={preset} onChange={(event) => choose(event.target.value)}>
          <option value="standard">Standard</option>
          {PRESETS.map((one) => (
            <option key={one.name} value={one.name}>
              {one.label}
            </option>
          ))}
          {preset === "own" && <option value="own">Your own</option>}
        </select>
      </label>
      {SETTING_GROUPS.map((group) => (
        <section key={group.title} className="group">
          <h3>{group.title}</h3>
          {group.settings.map((setting) => (
            <Field key={setting.name} setting={setting} value={directing.settings[setting.name] ?? setting.standard} />
          ))}
        </section>
      ))}
    </Dialog>
  );
}
