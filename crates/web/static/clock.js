// Time left, once a minute: <time data-due datetime="…"> inside an element that carries the words
// (data-days, data-hours, data-minutes, data-left, data-late with %). The server wrote it first.

function tick() {
  for (const chip of document.querySelectorAll("time[data-due]")) {
    const words = chip.closest("[data-left]")?.dataset;
    if (!words) continue;
    const left = Date.parse(chip.dateTime) - Date.now() - Number(words.skew ?? 0);
    const minutes = Math.floor(Math.abs(left) / 60000);
    const span =
      minutes >= 2880 ? words.days.replace("%", Math.floor(minutes / 1440))
      : minutes >= 60 ? words.hours.replace("%", Math.floor(minutes / 60))
      : words.minutes.replace("%", minutes);
    chip.textContent = (left < 0 ? words.late : words.left).replace("%", span);
  }
}

setInterval(tick, 60000);
