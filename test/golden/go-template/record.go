// Prints what Go's text/template, with docker's functions, makes of the templates in templates.json.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"text/template"
)

type Image struct {
	ID     string
	Tag    string
	Size   int
	Labels map[string]string
	Names  []string
	Extra  any
}

type Pair struct {
	A any
	B any
}

var types = map[string]reflect.Type{
	"main.Image":        reflect.TypeFor[Image](),
	"main.Pair":         reflect.TypeFor[Pair](),
	"[]string":          reflect.TypeFor[[]string](),
	"[]int":             reflect.TypeFor[[]int](),
	"[]float64":         reflect.TypeFor[[]float64](),
	"map[string]string": reflect.TypeFor[map[string]string](),
	"map[string]int":    reflect.TypeFor[map[string]int](),
	"float64":           reflect.TypeFor[float64](),
	"uint8":             reflect.TypeFor[uint8](),
	"int64":             reflect.TypeFor[int64](),
}

// value makes Go data of JSON: whole numbers are ints, {"$type": T, "value": V} is a T, {"$struct": T, "fields": {…}} a struct or a
// pointer to one.
func value(in any) any {
	switch in := in.(type) {
	case float64:
		if in == math.Trunc(in) {
			return int(in)
		}
		return in
	case []any:
		out := make([]any, len(in))
		for i, item := range in {
			out[i] = value(item)
		}
		return out
	case map[string]any:
		if name, ok := in["$struct"].(string); ok {
			made := reflect.New(types[strings.TrimPrefix(name, "*")])
			for field, content := range in["fields"].(map[string]any) {
				if content := value(content); content != nil {
					made.Elem().FieldByName(field).Set(reflect.ValueOf(content))
				}
			}
			if strings.HasPrefix(name, "*") {
				return made.Interface()
			}
			return made.Elem().Interface()
		}
		if name, ok := in["$type"].(string); ok {
			if strings.HasPrefix(name, "*") {
				return reflect.Zero(reflect.PointerTo(types[name[1:]])).Interface()
			}
			made := reflect.New(types[name])
			text, _ := json.Marshal(in["value"])
			if err := json.Unmarshal(text, made.Interface()); err != nil {
				panic(err)
			}
			return made.Elem().Interface()
		}
		out := make(map[string]any, len(in))
		for key, item := range in {
			out[key] = value(item)
		}
		return out
	}
	return in
}

var functions = template.FuncMap{
	"json": func(v any) string {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(v) != nil {
			return ""
		}
		return strings.TrimSpace(out.String())
	},
	"split": strings.Split,
	"join":  strings.Join,
	"title": strings.Title,
	"lower": strings.ToLower,
	"upper": strings.ToUpper,
	"pad": func(text string, before, after int) string {
		if text == "" {
			return ""
		}
		return strings.Repeat(" ", before) + text + strings.Repeat(" ", after)
	},
	"truncate": func(text string, length int) string {
		if len(text) < length {
			return text
		}
		return text[:length]
	},
}

type result struct {
	Data     string  `json:"data"`
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Error    string  `json:"error,omitempty"`
}

func main() {
	source, err := os.ReadFile("templates.json")
	if err != nil {
		panic(err)
	}
	var table struct {
		Data  map[string]any
		Cases [][2]string
	}
	if err := json.Unmarshal(source, &table); err != nil {
		panic(err)
	}
	results := []result{}
	for _, row := range table.Cases {
		one := result{Data: row[0], Template: row[1]}
		parsed, err := template.New("").Funcs(functions).Parse(row[1])
		var out strings.Builder
		if err == nil {
			err = parsed.Execute(&out, value(table.Data[row[0]]))
		}
		if err == nil {
			text := out.String()
			one.Output = &text
		} else {
			one.Error = err.Error()
		}
		results = append(results, one)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"go": runtime.Version(), "cases": results}); err != nil {
		panic(err)
	}
	fmt.Print(text.String())
}
