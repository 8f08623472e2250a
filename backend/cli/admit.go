package cli

import (
	"context"
	"strconv"
	"strings"

	"beeline/wasm/session"
)

// admit is asked about somebody who waits to be let in. A line that is typed
// answers: y or n, or with --approve the six digits that the recipient sees,
// which let in whoever has them.
func (s *sender) admit(ctx context.Context, r session.RecipientView) bool {
	if s.yes && !s.approve {
		return true
	}
	// One question at a time, so that it is clear what a line answers.
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return false // who waited went away, or has their digits typed
	}
	if s.json {
		s.lines.say("asks", object{"recipient": r.ID, "digits": s.approve})
	} else if s.approve {
		s.screen.line("%d: waits. Ask for the six digits that the recipient sees, and type them here (n: turn away).", r.ID)
	} else {
		s.screen.line("%d: has the link, and waits. Let them in? y or n", r.ID)
	}
	for {
		line, ok := s.typed.line(ctx)
		if !ok {
			// Nobody is there to answer: who waits hears no when its time is over.
			<-ctx.Done()
			return false
		}
		switch line = strings.ToLower(strings.ReplaceAll(line, " ", "")); {
		case line == "n" || line == "no":
			return false
		case !s.approve && (line == "y" || line == "yes"):
			return true
		case s.approve && len(line) == 6:
			if n, err := strconv.ParseUint(line, 10, 32); err == nil {
				select {
				case s.clicks <- session.Digits{Digits: uint32(n)}:
				case <-ctx.Done():
					return false
				}
				continue
			}
		}
		if line != "" && !s.json {
			s.screen.line("Type %s.", map[bool]string{true: "the six digits, or n", false: "y or n"}[s.approve])
		}
	}
}
