"""The desk (Bộ phận Một cửa): takes dossiers in, and brings their results back to people.

It owns the catalogue of procedures, the offices and the calendar; submissions; reception with papers, fees, code, receipt and
appointment; what is resolved on the spot; the return of results, over the counter, online and by post; postal items both ways.

It tells: that a dossier was submitted, refused, received, resolved on the spot, returned; where papers and postal items are; and
every version of its reference data. It listens to the agency (taken up, decided, completed) and to the voice (who was told what).

The way in: api/ (people), reactions.py (peers), chores.py (time) lead to commands/, which decide by domain/ and write by tables.py.
"""
