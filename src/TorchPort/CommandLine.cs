using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TorchPort;

/// <summary>Command-line handling shared by the port and the diff: options, usage errors and exit codes.</summary>
internal static class CommandLine
{
    /// <returns>The exit code: 2 for a usage error, otherwise the command's, or the one for a failure or a broken pipe.</returns>
    internal static int Run(Command command, string[] args, int failureExitCode, int brokenPipeExitCode)
    {
        var parsed = Parse(command, args);
        if (parsed.Action is ParseErrorAction parseError)
        {
            var option = args.SkipWhile(token => token != "--").FirstOrDefault(token => token is ['-', '-', _, ..]);
            StandardStreams.WriteError(option is null
                ? $"{command.Name}: {GetParseErrorMessage(parsed, parseError)}\nSee {command.Name} --help."
                : $"{command.Name}: '{option}' comes after '--', so it is not read as an option. Remove the '--'.");
            return 2;
        }

        try
        {
            using var stdout = StandardStreams.OpenStdout();
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
        }
        catch (OperationCanceledException)
        {
            return brokenPipeExitCode;
        }
        catch (Exception e) when (e is CommandFailedException or IOException or UnauthorizedAccessException)
        {
            StandardStreams.WriteError($"{command.Name}: {e.Message}");
            return failureExitCode;
        }
    }

    internal static Option<string> CreateDeviceOption(string description) => new("--device")
    {
        Description = description,
        HelpName = "D",
        DefaultValueFactory = _ => "auto",
        CustomParser = result => DeviceSelector.IsValidName(GetToken(result))
            ? GetToken(result)
            : AddErrorAndReturnDefault<string>(result, DeviceSelector.Syntax),
    };

    internal static Option<double?> CreateLearningRateOption(string description) =>
        CreateNumberOption("--lr", "X", description, "a finite, non-negative number", 0, double.MaxValue);

    internal static Option<T?> CreateNumberOption<T>(
        string name, string helpName, string description, string expected, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                // An integer has only digits: 1e1 is not one.
                var style = typeof(T) == typeof(int) ? NumberStyles.None : NumberStyles.Float;
                var isNumber = T.TryParse(GetToken(result), style, CultureInfo.InvariantCulture, out var value);
                var isValid = isNumber && value >= min && value <= max;
                return isValid ? value : AddErrorAndReturnDefault<T?>(result, expected);
            },
        };

    internal static Option<bool> CreateFlag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    private static string GetToken(ArgumentResult result) => result.Tokens[0].Value;

    private static T? AddErrorAndReturnDefault<T>(ArgumentResult result, string expected)
    {
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be {expected}, not '{GetToken(result)}'.");
        return default;
    }

    /// <summary>Parses a command line. An unknown option is always an error, never an argument.</summary>
    internal static ParseResult Parse(Command command, string[] args)
    {
        // System.CommandLine treats an unknown option as an argument and silently accepts a [directive].
        var options = args.TakeWhile(token => token != "--").Where(IsOptionOrDirective).Select(token => token.Split('=', ':')[0]);
        var known = command.Options.SelectMany(option => option.Aliases.Append(option.Name));
        if (options.Except(known).FirstOrDefault() is { } unknown)
        {
            // Parse it alone, with no argument to match it, so that the error is about this option.
            command.Arguments.Clear();
            args = ["--", unknown];
        }

        return command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    private static bool IsOptionOrDirective(string token) =>
        token is ['-', not ((>= '0' and <= '9') or '.'), ..] or ['[', .., ']'];

    // System.CommandLine suggests a correction for any short token. Show it only for a misspelled option, instead of the error.
    private static string GetParseErrorMessage(ParseResult parsed, ParseErrorAction parseError)
    {
        using var suggestions = new StringWriter { NewLine = " " };
        parseError.ShowHelp = false;
        parseError.ShowTypoCorrections = parsed.UnmatchedTokens is [['-', ..], ..];
        _ = parsed.Invoke(new InvocationConfiguration { Output = suggestions, Error = TextWriter.Null });
        return suggestions.ToString().Trim() is { Length: > 0 } message ? message : string.Join(' ', parsed.Errors);
    }
}
