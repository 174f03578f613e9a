"""Which people of a wave a number stands for, as the address of their rows carries it."""

from dataclasses import dataclass

from voc.web.parts import Mark, address

NOBODYS = "-"  # in an address: people without a CSM


@dataclass(frozen=True)
class Chosen:
    """Which people: by how far the wave got with them, by what became of them, or by why they were not asked."""

    of: str = ""
    became: str = ""
    reason: str = ""
    csm: str | None = None
    half: str = ""  # of the test of heads-ups: with or without

    def address(self, wave_id: int) -> str:
        return address(
            f"/waves/{wave_id}/rows", of=self.of, became=self.became, reason=self.reason, csm=self.csm, half=self.half
        )


def mark(wave_id: int, people: int, **chosen: str | None) -> Mark:
    return Mark("wave", people, people, Chosen(**chosen).address(wave_id))  # type: ignore[arg-type]  # our own names
