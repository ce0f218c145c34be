// confetti.js - a burst of gold coins and red paper over the page. Ornament only; silent when motion is unwanted.
import { $, calm } from "./dom.js";

const COLOURS = ["#ffdc8c", "#f4c359", "#fff2c4", "#f0453f", "#d81f2a", "#ff8f6b"];
const LIFE_MS = 2600;
const COUNT = 130;

function piece(x, y) {
  const angle = -Math.PI / 2 + (Math.random() - 0.5) * 2.4;
  const speed = 320 + Math.random() * 620;
  return {
    x, y,
    vx: Math.cos(angle) * speed,
    vy: Math.sin(angle) * speed,
    size: 5 + Math.random() * 7,
    turn: Math.random() * 6,
    spin: (Math.random() - 0.5) * 14,
    coin: Math.random() < 0.35,
    colour: COLOURS[Math.floor(Math.random() * COLOURS.length)],
  };
}

function move(p, seconds) {
  p.vy += 900 * seconds;
  p.vx *= 1 - 1.1 * seconds;
  p.vy *= 1 - 0.9 * seconds;
  p.x += p.vx * seconds;
  p.y += p.vy * seconds;
  p.turn += p.spin * seconds;
}

function paint(pen, p) {
  pen.save();
  pen.translate(p.x, p.y);
  pen.rotate(p.coin ? 0 : p.turn);
  pen.scale(p.coin ? Math.cos(p.turn) : 1, p.coin ? 1 : Math.cos(p.turn * 1.7));
  pen.fillStyle = p.coin ? "#f8cf6a" : p.colour;
  pen.beginPath();
  if (p.coin) pen.arc(0, 0, p.size, 0, 7);
  else pen.rect(-p.size, -p.size / 2.5, p.size * 2, p.size / 1.25);
  pen.fill();
  if (p.coin) {
    pen.strokeStyle = "#b57415";
    pen.stroke();
    pen.strokeRect(-p.size / 3.5, -p.size / 3.5, p.size / 1.75, p.size / 1.75);
  }
  pen.restore();
}

let bursts = 0;

/** Takes the ornament away at once, for when another screen opens. */
export function sweep() {
  bursts++;
  $("confetti").hidden = true;
}

/** Bursts out of the middle of the element. */
export function burst(from) {
  if (calm()) return;
  const mine = ++bursts;
  const canvas = $("confetti");
  canvas.hidden = false;
  const pen = canvas.getContext("2d");
  const ratio = Math.min(2, devicePixelRatio || 1);
  canvas.width = innerWidth * ratio;
  canvas.height = innerHeight * ratio;
  pen.scale(ratio, ratio);
  const box = from.getBoundingClientRect();
  const pieces = Array.from({ length: COUNT }, () => piece(box.left + box.width / 2, box.top + box.height / 2));
  const start = performance.now();
  let last = start;
  const frame = (now) => {
    if (mine !== bursts) return;
    pen.clearRect(0, 0, innerWidth, innerHeight);
    pen.globalAlpha = Math.max(0, Math.min(1, (LIFE_MS - (now - start)) / 600));
    for (const p of pieces) {
      move(p, Math.max(0, Math.min(0.04, (now - last) / 1000)));
      paint(pen, p);
    }
    last = now;
    if (now - start < LIFE_MS) requestAnimationFrame(frame);
    else canvas.hidden = true;
  };
  requestAnimationFrame(frame);
}
