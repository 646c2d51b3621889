//! Draws a few letters so that people can read them and simple programs cannot: bent, turned and shaken strokes of no
//! font, with lines and specks over them. The same word and seed give the same picture.
use std::f32::consts::TAU;
use std::io::Cursor;

use ::image::codecs::png::PngEncoder;
use ::image::{ExtendedColorType, GrayImage, ImageEncoder, ImageError, Luma};

const WIDTH: u32 = 240;
const HEIGHT: u32 = 90;
/// Pixels per unit of the letters' grid.
const UNIT: f32 = 8.0;
const SPECKS: usize = 350;
const CURVES: usize = 4;

/// Strokes of a letter as points `xy` on a grid: x 0 to 4, y 0 (ascender) over 2 (height of x) and 6 (base line) to 8.
fn strokes(letter: char) -> &'static [&'static str] {
    match letter {
        'a' => &["4246", "4332120305163645"],
        'b' => &["0006", "0312324345361605"],
        'c' => &["4332120305163645"],
        'd' => &["4046", "4332120305163645"],
        'e' => &["04444332120305163645"],
        'f' => &["41302126", "0242"],
        'g' => &["4247381807", "4332120305163645"],
        'h' => &["0006", "0312324346"],
        'j' => &["32372808", "3030"],
        'k' => &["0006", "420446"],
        'm' => &["0206", "03122326", "23324346"],
        'n' => &["0206", "0312324346"],
        'p' => &["0208", "0312324345361605"],
        'r' => &["0206", "04133242"],
        's' => &["43321203143445361605"],
        't' => &["20253646", "0242"],
        'u' => &["4246", "0205163645"],
        'v' => &["022642"],
        'w' => &["0216233642"],
        'x' => &["0246", "4206"],
        'y' => &["0226", "42261808"],
        'z' => &["02420646"],
        _ => &[],
    }
}

/// Draws a word as a PNG. Letters without strokes (`i`, `l`, `o`, `q` and all beyond `a` to `z`) stay blank.
pub fn draw(word: &str, seed: u64) -> Result<Vec<u8>, ImageError> {
    let mut canvas = Canvas::new(seed);
    let step = (WIDTH as f32 - 40.0) / word.chars().count().max(1) as f32;
    for (position, letter) in word.chars().enumerate() {
        canvas.letter(letter, 20.0 + step * (position as f32 + 0.5));
    }
    canvas.noise();
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new(&mut png).write_image(
        canvas.image.as_raw(),
        WIDTH,
        HEIGHT,
        ExtendedColorType::L8,
    )?;
    Ok(png.into_inner())
}

struct Canvas {
    image: GrayImage,
    dice: Dice,
    /// Phases of the wave that bends everything.
    wave: (f32, f32),
}

impl Canvas {
    fn new(seed: u64) -> Canvas {
        let mut dice = Dice(seed | 1);
        let wave = (dice.between(0.0, TAU), dice.between(0.0, TAU));
        Canvas {
            image: GrayImage::from_pixel(WIDTH, HEIGHT, Luma([245])),
            dice,
            wave,
        }
    }

    fn letter(&mut self, letter: char, middle: f32) {
        let dice = &mut self.dice;
        let (sin, cos) = dice.between(-0.3, 0.3).sin_cos();
        let (wide, high) = (dice.between(0.85, 1.1), dice.between(0.85, 1.1));
        let (left, top) = (dice.between(-4.0, 4.0), dice.between(-6.0, 6.0));
        let thick = dice.between(1.7, 2.4);
        for stroke in strokes(letter) {
            let digits: Vec<f32> = stroke.bytes().map(|b| f32::from(b - b'0')).collect();
            let points: Vec<(f32, f32)> = digits
                .chunks_exact(2)
                .map(|point| {
                    let shake = |dice: &mut Dice| dice.between(-0.18, 0.18);
                    let x = (point[0] - 2.0 + shake(&mut self.dice)) * UNIT * wide;
                    let y = (point[1] - 4.0 + shake(&mut self.dice)) * UNIT * high;
                    (
                        middle + left + x * cos - y * sin,
                        HEIGHT as f32 / 2.0 + top + x * sin + y * cos,
                    )
                })
                .collect();
            for pair in points.windows(2) {
                self.line(pair[0], pair[1], thick, 50);
            }
        }
    }

    fn noise(&mut self) {
        for _ in 0..CURVES {
            let (y, tilt) = (
                self.dice.between(10.0, 80.0),
                self.dice.between(-25.0, 25.0),
            );
            let (swing, phase) = (self.dice.between(4.0, 12.0), self.dice.between(0.0, TAU));
            let at = |step: u32| {
                let part = step as f32 / 24.0;
                (
                    part * WIDTH as f32,
                    y + tilt * part + swing * (phase + part * 9.0).sin(),
                )
            };
            for step in 0..24 {
                self.line(at(step), at(step + 1), 0.7, 90);
            }
        }
        for _ in 0..SPECKS {
            let (x, y) = (
                self.dice.between(0.0, WIDTH as f32),
                self.dice.between(0.0, HEIGHT as f32),
            );
            self.line((x, y), (x, y), 0.8, 120);
        }
    }

    /// A line with soft edges, bent by the wave: every pixel near it gets dark by its distance.
    fn line(&mut self, from: (f32, f32), to: (f32, f32), thick: f32, dark: u8) {
        let (from, to) = (self.bent(from), self.bent(to));
        let reach = thick + 1.0;
        let columns = pixels(from.0.min(to.0) - reach, from.0.max(to.0) + reach, WIDTH);
        for x in columns {
            for y in pixels(from.1.min(to.1) - reach, from.1.max(to.1) + reach, HEIGHT) {
                let cover =
                    (thick + 0.5 - distance((x as f32, y as f32), from, to)).clamp(0.0, 1.0);
                let Luma([old]) = *self.image.get_pixel(x, y);
                let new = f32::from(old) + (f32::from(dark) - f32::from(old)) * cover;
                self.image.put_pixel(x, y, Luma([old.min(new as u8)]));
            }
        }
    }

    fn bent(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (one, other) = self.wave;
        (
            x + 2.5 * (one + y / 11.0).sin(),
            y + 5.0 * (other + x / 30.0).sin(),
        )
    }
}

fn pixels(from: f32, to: f32, end: u32) -> std::ops::Range<u32> {
    // Casts of floats saturate, so what lies outside ends at the border.
    (from.floor() as u32).min(end)..(to.ceil() as u32).min(end)
}

/// The distance of a point from a piece of a line.
fn distance(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        ((px * dx + py * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - along * dx).hypot(py - along * dy)
}

/// xorshift: only the picture's look hangs on it, never a secret.
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: f32, high: f32) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (high - low) * ((self.0 >> 40) as f32 / (1u64 << 24) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(word: &str, seed: u64) -> u32 {
        let picture = ::image::load_from_memory(&draw(word, seed).expect("a picture"))
            .expect("a PNG")
            .to_luma8();
        assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
        picture.pixels().filter(|pixel| pixel.0[0] < 80).count() as u32
    }

    #[test]
    fn one_seed_is_one_picture_and_another_is_another() {
        let (one, again) = (draw("abcde", 7), draw("abcde", 7));
        let one = one.expect("a picture");
        assert_eq!(one, again.expect("a picture"));
        assert_ne!(one, draw("abcde", 99).expect("a picture"));
        assert_ne!(one, draw("abcdf", 7).expect("a picture"));
    }

    #[test]
    fn every_letter_leaves_ink() {
        let blank = ink("iiiii", 42);
        for letter in "abcdefghjkmnprstuvwxyz".chars() {
            let word = letter.to_string().repeat(5);
            assert!(ink(&word, 42) > blank + 400, "{letter}");
        }
    }

    #[test]
    fn any_seed_draws() {
        for seed in [0, 1, u64::MAX, 0x8000_0000_0000_0000] {
            draw("zzzzz", seed).expect("a picture");
        }
    }
}
