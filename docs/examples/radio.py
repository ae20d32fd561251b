"""Write the files of a small radio, with what goes wrong in real ones: tracks.csv, plays.csv, and a broken.csv.

300 listeners, 180 tracks of twelve styles. Everybody has three styles of their own and hears some of the rest.
"""

import csv
import random
from pathlib import Path

chance = random.Random(1)
styles = ["folk", "techno", "jazz", "punk", "soul", "dub", "house", "metal", "tango", "choir", "ska", "drone"]
tracks = [(f"t{n}", f"Track {n}", f"Artist {n // 3}", styles[n // 15]) for n in range(180)]
fame = [1 / (1 + n % 15) for n in range(180)]

plays = []
for listener in range(300):
    own = set(chance.sample(styles, 3))
    liking = [often * (track[3] in own) for often, track in zip(fame, tracks, strict=True)]
    heard = chance.choices(tracks, liking, k=20) + chance.choices(tracks, fame, k=10)
    plays += [[f"listener-{listener}", track[0], chance.randint(1, 9)] for track in heard]
plays[7][2] = -3  # nobody plays a track minus three times
plays[8][1] = "t999"  # a track that is in no catalogue
plays[9][2] = "many"  # no number at all

broken = [[user, track if number % 2 else "", count] for number, (user, track, count) in enumerate(plays)]

for name, header, rows in [
    ("tracks.csv", ["track_id", "title", "artists", "genres"], tracks),
    ("plays.csv", ["user_id", "track_id", "plays"], plays),
    ("broken.csv", ["user_id", "track_id", "plays"], broken),
]:
    with Path(name).open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
