package cli

import (
	"context"
	"strconv"
	"strings"

	"beeline/wasm/session"
)

// admit is asked about somebody who waits to be let in. A line that is typed
// answers: y or n, or with --approve the six digits that the recipient sees,
// which let in whoever has them. What lets in or turns away was typed after the
// question: a second y for the one before must not let in a stranger. A program,
// whose lines may cross ours, says about whom: y 3. Digits say so themselves.
func (s *sender) admit(ctx context.Context, r session.RecipientView) bool {
	if s.yes && !s.approve {
		return true
	}
	s.hooks.waits(r)
	// One question at a time, so that it is clear what a line answers.
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return false // who waited went away, or has their digits typed
	}
	defer s.typed.ask()()
	if s.json {
		s.lines.say("asks", object{"recipient": r.ID, "digits": s.approve})
	} else if s.approve {
		s.screen.line("%d: waits. Ask for the six digits that the recipient sees, and type them here (n: turn away).", r.ID)
	} else {
		s.screen.line("%d: has the link, and waits. Let them in? y or n", r.ID)
	}
	for {
		l, ok := s.typed.next(ctx)
		if !ok {
			// Nobody is there to answer: who waits hears no when its time is over.
			<-ctx.Done()
			return false
		}
		line := strings.ToLower(strings.ReplaceAll(l.text, " ", ""))
		if n, err := strconv.ParseUint(line, 10, 32); err == nil && s.approve && len(line) == 6 {
			select {
			case s.clicks <- session.Digits{Digits: uint32(n)}:
			case <-ctx.Done():
				return false
			}
			continue
		}
		if l.question != s.typed.open.Load() || line == "" {
			continue
		}
		about := strings.TrimLeft(line, "yesno")
		word := strings.TrimSuffix(line, about)
		named := about == strconv.FormatUint(uint64(r.ID), 10)
		if named || about == "" && !s.json {
			switch {
			case word == "n" || word == "no":
				return false
			case !s.approve && (word == "y" || word == "yes"):
				return true
			}
		}
		if s.json {
			s.screen.line("Not understood; the answer is y %[1]d or n %[1]d, or with --approve the six digits.", r.ID)
		} else {
			s.screen.line("Type %s.", map[bool]string{true: "the six digits, or n", false: "y or n"}[s.approve])
		}
	}
}
